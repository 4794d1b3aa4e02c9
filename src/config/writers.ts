import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { shellWord } from '../text/shell-word.js';

/** Who runs us. */
export interface Self {
  readonly uid: number;
  /** All of the process. */
  readonly groups: readonly number[];
}

/** What a file or a directory on the way to a configuration is, as far as it matters here. */
export interface Waypoint {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'link';
  readonly uid: number;
  readonly gid: number;
  /** Permission bits with the sticky one. */
  readonly mode: number;
  /** Whether only its owner can rename or remove it, although others may write to its directory. */
  readonly inSticky: boolean;
}

/** A user besides us and root who can change a configuration. */
export interface Writer {
  /** `group 1000` */
  readonly who: string;
  readonly path: string;
  /** The command that takes that away, for root. */
  readonly remedy: string;
}

/**
 * Who can change a configuration, and so what its commands do: by the file, by the directories that it is in, or by the symbolic
 * links on its way and where these lead. Access control lists of Linux show in the bits of the group.
 *
 * @param file absolute; a missing file has no writers
 */
export function writersOf(file: string, self: Self): Writer[] {
  return waypointsOf(resolve(file)).flatMap((waypoint) => writersAt(waypoint, self));
}

/**
 * Root trusts only root. Other users have chosen with whom to share a directory: only what every user may write, and a file that
 * belongs to a stranger, is worth a warning.
 */
export function writersAt({ path, kind, uid, gid, mode, inSticky }: Waypoint, { uid: us, groups }: Self): Writer[] {
  const word = shellWord(path);
  const isOthers = uid !== 0 && uid !== us;
  const writers: Writer[] = [];
  // A link has no mode, and its owner can change it only with write permission for the directory.
  if (isOthers && (kind !== 'link' || inSticky) && (us === 0 || (kind === 'file' && !groups.includes(gid)))) {
    writers.push({ who: `user ${uid}`, path, remedy: `chown ${kind === 'link' ? '-h ' : ''}${us} ${word}` });
  }
  // In a directory with the sticky bit only owners replace what is theirs.
  if (kind === 'link' || (kind === 'directory' && (mode & 0o1000) !== 0)) return writers;
  if ((mode & 0o002) !== 0) writers.push({ who: 'every user', path, remedy: `chmod go-w ${word}` });
  else if (us === 0 && (mode & 0o020) !== 0 && gid !== 0) {
    writers.push({ who: `group ${gid}`, path, remedy: `chmod g-w ${word}` });
  }
  return writers;
}

const MOST_LINKS = 40;

/** From the root directory down, through every link. Ends where nothing is. */
function waypointsOf(file: string): Waypoint[] {
  const root = lstatSync('/');
  const waypoints = [waypoint('/', root, false)];
  let rest = file.split('/').filter((name) => name !== '');
  let directory = '/';
  let isSticky = false;
  for (let links = 0; rest.length > 0; ) {
    const [name = '', ...behind] = rest;
    rest = behind;
    if (name === '.') continue;
    if (name === '..') {
      directory = dirname(directory);
      isSticky = (lstatSync(directory).mode & 0o1000) !== 0;
      continue;
    }
    const path = join(directory, name);
    const stat = look(path);
    if (stat === undefined) break;
    waypoints.push(waypoint(path, stat, isSticky));
    if (stat.isSymbolicLink()) {
      if (++links > MOST_LINKS) break;
      const target = readlinkSync(path);
      if (target.startsWith('/')) directory = '/';
      rest = [...target.split('/').filter((part) => part !== ''), ...rest];
    } else if (stat.isDirectory()) {
      directory = path;
    } else break;
    isSticky = (lstatSync(directory).mode & 0o1000) !== 0;
  }
  return waypoints;
}

function waypoint(path: string, stat: Stats, inSticky: boolean): Waypoint {
  const { uid, gid } = stat;
  const kind = stat.isSymbolicLink() ? 'link' : stat.isDirectory() ? 'directory' : 'file';
  return { path, kind, uid, gid, mode: stat.mode & 0o7777, inSticky };
}

/** Undefined also where we may not look: then we cannot read the configuration, either. */
function look(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
