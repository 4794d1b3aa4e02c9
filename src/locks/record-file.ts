import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { errorCode } from './error-code.js';
import type { Identity, Seen } from './marker.js';
import { LockError } from './object-lock.js';
import { parseOwner } from './owner.js';
import { FILE_MODE, shareDescriptor } from './sharing.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** No host name is longer than 64 bytes and no pid than ten; what is longer was not written by a lock tool. */
const LONGEST_RECORD = 512;

/**
 * Creates the file that names a lock's owner, and writes the name.
 *
 * @returns undefined when the file exists already
 * @throws the system's error; the file is removed again when only writing it failed (a full disk)
 */
export function createRecord(path: string, record: string, target: string): Identity | undefined {
  let fd: number;
  try {
    fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return undefined;
    throw error;
  }
  try {
    writeSync(fd, record);
    shareDescriptor(fd, target, FILE_MODE);
    return identityOf(fstatSync(fd, { bigint: true }).ino, record);
  } catch (error) {
    unlinkSync(path);
    throw error;
  } finally {
    // NFS writes the name to the server here, and says here that the disk is full.
    closeSync(fd);
  }
}

/** Reads an owner record. Undefined when there is no file; without an owner while it is empty or makes no sense. */
export function readRecord(path: string): Seen | undefined {
  let fd: number;
  try {
    // O_NONBLOCK: a FIFO put in its place must not hang us.
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const code = errorCode(error);
    // ESTALE: the server knows the file no more. ENOTDIR: the lock directory was replaced by something else.
    if (code === 'ENOENT' || code === 'ESTALE' || code === 'ENOTDIR') return undefined;
    if (code === 'ELOOP') throw new LockError(path, 'is a symbolic link, not a lock; remove it');
    throw error;
  }
  try {
    const stat = fstatSync(fd, { bigint: true });
    if (!stat.isFile()) throw new LockError(path, 'is not a regular file, so not a lock; remove it');
    const buffer = Buffer.alloc(LONGEST_RECORD);
    const text = buffer.toString('utf8', 0, readSync(fd, buffer, 0, LONGEST_RECORD, 0));
    const owner = parseOwner(text);
    const madeMs = Number(stat.mtimeNs / 1_000_000n);
    return { owner, madeMs, identity: owner === undefined ? undefined : identityOf(stat.ino, text) };
  } catch (error) {
    if (errorCode(error) === 'ESTALE') return undefined;
    throw error;
  } finally {
    closeSync(fd);
  }
}

/**
 * Moves a lock out of the way, which frees it for all others at once, and says where to. Undefined when it was gone.
 *
 * Renaming comes first because removing in place is not one step where others look on: on NFS a file that somebody has
 * open is only renamed by its removal and keeps its directory from being removed; on SMB it keeps its name until it is
 * closed. The new name is one that the clean-up of temporaries knows.
 */
export function moveAway(path: string): string | undefined {
  const away = `${path}.${process.pid}.${randomBytes(8).toString('hex')}.tmp`;
  try {
    renameSync(path, away);
    return away;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ESTALE') return undefined;
    throw error;
  }
}

function identityOf(inode: bigint, text: string): Identity {
  return `${inode}:${text}`;
}
