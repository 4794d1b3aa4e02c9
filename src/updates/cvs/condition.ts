import { readFileSync } from 'node:fs';
import { look } from '../look.js';
import { inSource } from './place.js';
import type { Entry, Tree } from './tree.js';

/** In what the files of a source differ from what CVS has noted about them. Sorted like the notes. */
export interface Condition {
  /** Those whose time is the one that cvs has noted. */
  readonly clean: readonly Entry[];
  /** Those that are not there. */
  readonly missing: readonly Entry[];
  /** A directory, say, stands in their place. */
  readonly obstructed: readonly Entry[];
  /** Those with unresolved conflicts. */
  readonly conflicting: readonly Entry[];
  /** A cvs was killed when it wrote them. */
  readonly unfinished: readonly Entry[];
  /** Those that a person has changed, added or removed. */
  readonly changed: readonly Entry[];
  /** Written since, with the same text or another. */
  readonly rewritten: readonly Entry[];
}

type Kind = keyof Condition | 'nothing';

/** Compares all files by their times, as cvs does. */
export function conditionOf(source: string, { files }: Pick<Tree, 'files'>): Condition {
  const by: Record<keyof Condition, Entry[]> = {
    clean: [],
    missing: [],
    obstructed: [],
    conflicting: [],
    unfinished: [],
    changed: [],
    rewritten: [],
  };
  for (const file of files) {
    const kind = kindOf(source, file);
    if (kind !== 'nothing') by[kind].push(file);
  }
  return by;
}

function kindOf(source: string, file: Entry): Kind {
  const path = inSource(source, file.bytes);
  const stat = look(path);
  if (file.revision.startsWith('-')) return 'changed';
  // cvs forgets an added file that is not there.
  if (stat === undefined) return file.revision === '0' ? 'nothing' : 'missing';
  if (stat.isSymbolicLink()) return 'changed';
  if (!stat.isFile()) return 'obstructed';
  if (file.revision === '0') return 'changed';
  const written = stampOf(stat.mtime);
  if (file.stamp === written) return 'clean';
  if (look(inSource(source, backupOf(file.bytes)))?.isFile()) return 'unfinished';
  if (!file.stamp.startsWith('Result of merge')) return 'rewritten';
  const [, conflict] = file.stamp.split('+');
  if (conflict === undefined) return 'changed';
  return conflict === written || hasMarkers(path) ? 'conflicting' : 'changed';
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A time as `CVS/Entries` has it, in UTC: `Wed Nov  4 09:58:36 2026`. */
export function stampOf(time: Date): string {
  const day = String(time.getUTCDate()).padStart(2);
  const clock = time.toISOString().slice(11, 19);
  return `${DAYS[time.getUTCDay()]} ${MONTHS[time.getUTCMonth()]} ${day} ${clock} ${time.getUTCFullYear()}`;
}

/** Where cvs keeps a file while it writes its new version. */
export function backupOf(file: Buffer): Buffer {
  const at = file.lastIndexOf('/') + 1;
  return Buffer.concat([file.subarray(0, at), Buffer.from('CVS/,,'), file.subarray(at)]);
}

/** By what cvs itself takes for an unresolved conflict. */
const hasMarkers = (path: Buffer): boolean => /^>>>>>>> /m.test(readFileSync(path, 'latin1'));
