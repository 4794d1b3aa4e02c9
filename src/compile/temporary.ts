import { randomBytes } from 'node:crypto';
import { constants, copyFileSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { errorCode } from '../locks/index.js';
import type { Unique } from './plan.js';

/**
 * What makes the name of a temporary one that nobody else uses. Nobody can guess it, either, so in a directory that a
 * team writes to nobody can have put a symbolic link in its place. The clean-up finds it by its form when the process
 * of that pid was killed.
 */
export function uniqueNow(): Unique {
  return { pid: process.pid, random: randomBytes(8).toString('hex') };
}

/**
 * Fills the temporary of an archive with what there is of it, because ar changes archives. Where the file system can,
 * the two share their blocks.
 *
 * @throws the system's error, for example ENOSPC
 */
export function seed(temporary: string, target: string): void {
  try {
    copyFileSync(target, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error; // else: ar will make it
  }
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
