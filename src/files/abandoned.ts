import { closeSync, constants, lstatSync, openSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../host/error-code.js';
import { type Host, thisHost } from '../host/host.js';
import { fateOf } from '../host/process-fate.js';
import { namesIn, removeIfThere } from './directory-entries.js';
import { makerOf } from './temporary-name.js';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

/** No process takes an hour to write a small file: an older one was left by a process of another host that died. */
const ABANDONED_MS = 3_600_000;

/** When a temporary was last changed, and how much the clock that says so may differ from ours. */
export interface TemporaryAge {
  readonly changedMs: number;
  /** By the same clock, as far as is known. */
  readonly nowMs: number;
}

/**
 * Whether a temporary was left by a process that died. Of this host only its process is asked for, because our clock may
 * have jumped since a living one made the file; one that happens to have the pid of the dead keeps it until it ends, too. Of
 * another host, or of an older version, which does not tell the host, age alone decides.
 */
export function isAbandoned(
  name: string,
  { changedMs, nowMs }: TemporaryAge,
  host: Pick<Host, 'name' | 'pid' | 'process' | 'now'>,
): boolean {
  const maker = makerOf(name, host);
  if (maker === undefined) return false;
  if (!maker.isOfHost) return nowMs - changedMs > ABANDONED_MS;
  // The clock of a file server may be ahead or behind: only a process that is gone is certain.
  return fateOf({ pid: maker.pid }, host) !== 'running';
}

/**
 * Removes the temporaries of processes that died while they created or replaced a file in a directory, or moved a lock away.
 * Only files of such a name, and lock directories with nothing but an owner record in them: links and whatever else has one
 * stay.
 *
 * A process that dies here leaves some of them to the next. Two at once remove each once. What cannot be removed, or not
 * be looked at, stays: nothing depends on it.
 */
export function removeAbandoned(directory: string, nowMs: number, host: Host = thisHost()): void {
  for (const name of namesIn(directory)) {
    if (makerOf(name, host) === undefined) continue;
    const path = join(directory, name);
    try {
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (stat === undefined || !(stat.isFile() || stat.isDirectory())) continue;
      const changedMs = Math.max(stat.mtimeMs, stat.ctimeMs);
      if (!isAbandoned(name, { changedMs, nowMs }, host)) continue;
      if (stat.isFile()) removeIfThere(path);
      else if (name.includes('.lockdir.')) removeLockDirectory(path);
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
    }
  }
}

/** By way of a descriptor that follows no link, lest one that is put there meanwhile leads us elsewhere. */
function removeLockDirectory(path: string): void {
  const fd = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    const inside = process.platform === 'linux' ? `/proc/self/fd/${fd}` : path;
    removeIfThere(join(inside, 'pid'));
  } finally {
    closeSync(fd);
  }
  rmdirSync(path); // only an empty one
}
