import { randomBytes } from 'node:crypto';
import {
  accessSync,
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  futimesSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryName } from '../files/temporary-name.js';
import { errorCode } from '../host/error-code.js';
import type { Unique } from './plan.js';

/**
 * What makes the name of a temporary unique. It cannot be guessed, either, so in a directory that a
 * team writes to no other user can have put a symbolic link in its place. The clean-up finds it by its form when the process
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
    const code = errorCode(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error; // else: ar will make it, or say why not
  }
}

/**
 * Puts a whole file in its place, in one step, so that all who share the directory can use it: in a directory that has
 * the setgid bit and is writable for the group, its group may read and write it, whatever the umask; elsewhere it has the
 * permissions of the file that it replaces, if any.
 *
 * @returns `absent` when there is no temporary, so nothing was produced
 * @throws the system's error, for example EISDIR when the target is a directory; the temporary then stays
 */
export function publish(temporary: string, target: string): 'published' | 'absent' {
  const product = lstatSync(temporary, { bigint: true, throwIfNoEntry: false });
  if (product === undefined) return 'absent';
  share(temporary, product, target);
  try {
    renameSync(temporary, target);
  } catch (error) {
    if (errorCode(error) === 'EXDEV') {
      carryOver(temporary, target);
      return 'published';
    }
    // NFS may send a rename twice; the second copy finds nothing to rename, because the first one succeeded.
    if (errorCode(error) !== 'ENOENT') throw error;
    const present = lstatSync(target, { bigint: true, throwIfNoEntry: false });
    if (present?.ino !== product.ino || present.dev !== product.dev) throw error;
  }
  return 'published';
}

/** Over the border of a file system, behind a link: a copy beside the target takes its place. */
function carryOver(temporary: string, target: string): void {
  const beside = join(dirname(target), temporaryName());
  try {
    copyFileSync(temporary, beside, constants.COPYFILE_EXCL);
    renameSync(beside, target);
  } catch (error) {
    discard(beside);
    throw error;
  }
  discard(temporary);
}

/** Whether a directory is shared by its group: what is made in it gets its group, which may write. */
function isInShared(path: string): boolean {
  const mode = statSync(dirname(path), { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & 0o2020) === 0o2020;
}

function publishedMode(made: number, replaced: number | undefined, shared: boolean): number {
  if (shared) return made | 0o060 | ((made & 0o100) >> 3);
  if (replaced === undefined) return made;
  const mode = replaced & 0o666;
  return (made & 0o100) === 0 ? mode : mode | ((mode & 0o444) >> 2);
}

function share(temporary: string, product: BigIntStats, target: string): void {
  if (!product.isFile()) return;
  const shared = isInShared(target);
  const there = shared ? undefined : lstatSync(target, { throwIfNoEntry: false });
  const made = Number(product.mode) & 0o777;
  const mode = publishedMode(made, there?.isFile() ? there.mode : undefined, shared);
  if (mode !== made) setMode(temporary, product, mode);
}

/** The same permissions for a file that its command has written under its own name. */
export function shareInPlace(path: string): void {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (found?.isFile() && Number(found.uid) === process.geteuid?.() && isInShared(path)) share(path, found, path);
}

/** By a descriptor that follows no link, lest one put there meanwhile leads elsewhere. Some file systems have no modes. */
function setMode(path: string, file: BigIntStats, mode: number): void {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = fstatSync(fd, { bigint: true });
      if (found.ino === file.ino && found.dev === file.dev) fchmodSync(fd, mode);
    } finally {
      closeSync(fd);
    }
  } catch {
    // It keeps the permissions that the compiler gave it.
  }
}

/**
 * Makes a directory to compile into, which all who share that of the target may remove.
 *
 * @throws the system's error
 */
export function makeDirectory(directory: string, target: string): void {
  mkdirSync(directory);
  if (!isInShared(target)) return;
  try {
    chmodSync(directory, 0o2775);
  } catch {
    // Then only we may.
  }
}

/** The year 2000, in seconds: before any compile, and FAT, too, knows it. */
const STAND_IN = 946_684_800;

/**
 * Makes an empty file that differs from all that any tool writes.
 *
 * @throws the system's error
 */
export function makeStandIn(temporary: string): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);
  try {
    futimesSync(fd, STAND_IN, STAND_IN);
  } finally {
    closeSync(fd);
  }
}

export function isStandIn(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.size === 0 && Math.floor(found.mtimeMs / 1000) === STAND_IN;
}

export function isEmpty(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.size === 0;
}

/** Where a file of that name stands beside a target. */
export function besideTarget(target: string, name: string): string {
  return target.slice(0, target.lastIndexOf('/') + 1) + name;
}

/** Removes a regular file that we may not write to but may remove. */
export function putAway(path: string): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (error) {
    if (errorCode(error) === 'EACCES' && lstatSync(path, { throwIfNoEntry: false })?.isFile()) discard(path);
  }
}

/** Removes a directory that we have made, with the files in it. */
export function discardDirectory(directory: string): void {
  try {
    for (const name of readdirSync(directory)) discard(join(directory, name));
    rmdirSync(directory);
  } catch {
    // As below.
  }
}

/** Removes what a failed or interrupted command has left, which may be nothing. */
export function discard(temporary: string): void {
  try {
    unlinkSync(temporary);
  } catch {
    // Never made, or not removable: no tool takes it for a product, and the clean-up finds it by its name.
  }
}
