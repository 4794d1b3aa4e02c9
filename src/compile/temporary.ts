import { randomBytes } from 'node:crypto';
import { lstatSync, renameSync, unlinkSync } from 'node:fs';
import { errorCode } from '../locks/index.js';

/**
 * Where a product is written before it is published: `T.PID.RANDOM.tmp`, next to T, because only within a directory is
 * a rename certain to be atomic. Nobody can guess the name, so in a directory that a team writes to nobody can have put
 * a symbolic link in its place. The clean-up finds it by its form when the process of that pid was killed.
 */
export function temporaryFor(target: string, pid: number): string {
  const path = `${target}.${pid}.${randomBytes(8).toString('hex')}.tmp`;
  // It becomes an argument of the compiler: `-x` would be an option, `@x` a response file.
  return /^[-@]/.test(path) ? `./${path}` : path;
}

/**
 * Puts a whole product in its place, in one step.
 *
 * @returns `absent` when there is no temporary, so nothing was produced
 * @throws the system's error, for example EISDIR when the target is a directory; the temporary then stays
 */
export function publish(temporary: string, target: string): 'published' | 'absent' {
  const product = lstatSync(temporary, { bigint: true, throwIfNoEntry: false });
  if (product === undefined) return 'absent';
  try {
    renameSync(temporary, target);
  } catch (error) {
    // NFS may send a rename twice; the second copy finds nothing to rename, because the first one succeeded.
    if (errorCode(error) !== 'ENOENT') throw error;
    const present = lstatSync(target, { bigint: true, throwIfNoEntry: false });
    if (present?.ino !== product.ino || present.dev !== product.dev) throw error;
  }
  return 'published';
}

/** Removes what a failed or interrupted command has left, which may be nothing. */
export function discard(temporary: string): void {
  try {
    unlinkSync(temporary);
  } catch {
    // Never made, or not removable: nobody takes it for a product, and the clean-up finds it by its name.
  }
}
