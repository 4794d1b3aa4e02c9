import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryName } from '../files/temporary-name.js';
import { errorCode } from '../host/error-code.js';
import { pauseInPlace } from '../host/pause.js';
import * as says from '../tables/messages.js';
import type { Identity, Seen } from './marker.js';
import { notALock } from './object-lock.js';
import { parseOwner } from './owner.js';
import { FILE_MODE, shareDescriptor } from './sharing.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** No host name is longer than 64 bytes and no pid than ten; of what is longer the native front reads no more, either. */
const LONGEST_RECORD = 511;

/**
 * Creates the file that names a lock's owner, and writes the name.
 *
 * @returns undefined when the file exists already, or was taken away before our name was in it
 * @throws the system's error; the file is removed again when only writing it failed (a full disk)
 */
export function createRecord(path: string, record: string, target: string): Identity | undefined {
  const began = Date.now();
  const identity = write(path, record, (fd) => {
    try {
      shareDescriptor(fd, target, FILE_MODE);
      return identityOf(fstatSync(fd).ino, record);
    } finally {
      // NFS writes the name to the server here, and says here that the disk is full.
      closeSync(fd);
    }
  });
  return identity !== undefined && tookLong(began) && readRecord(path)?.identity !== identity ? undefined : identity;
}

/** A record of ours whose file is kept open: no other file can have its inode, and its path can be asked for. */
export class OpenRecord {
  readonly #path: string;
  readonly #text: string;
  readonly #fd: number;

  private constructor(path: string, text: string, fd: number) {
    this.#path = path;
    this.#text = text;
    this.#fd = fd;
  }

  /**
   * Like {@link createRecord}, on a local file system.
   *
   * @param target what has the group that the file gets; undefined where it need not be shared
   * @param began the time now
   */
  static create(path: string, text: string, target: string | undefined, began: number): OpenRecord | undefined {
    const record = write(path, text, (fd) => {
      if (target !== undefined) shareDescriptor(fd, target, FILE_MODE);
      return new OpenRecord(path, text, fd);
    });
    if (record === undefined || !tookLong(began) || record.stands()) return record;
    closeSync(record.#fd);
    return undefined;
  }

  /** Closes it, and says whether it still stood where it was created. To be called once. */
  close(): boolean {
    try {
      return this.stands();
    } finally {
      closeSync(this.#fd);
    }
  }

  /** Whether it still stands where it was created. By the kernel's name for it, in one call; else by what stands there. */
  stands(): boolean {
    if (pathOf(this.#fd) === this.#path) return true;
    return readRecord(this.#path)?.identity === identityOf(fstatSync(this.#fd).ino, this.#text);
  }
}

/** Where an open file is now; with an addition when it was removed. Undefined where the kernel does not say. */
function pathOf(fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined; // no /proc, or too long a path
  }
}

/** Undefined when the file exists already. What `use` gets is open, and is its to close. */
function write<T>(path: string, record: string, use: (fd: number) => T): T | undefined {
  let fd: number;
  try {
    fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return undefined;
    throw error;
  }
  let isWritten = false;
  try {
    writeSync(fd, record);
    isWritten = true;
    return use(fd);
  } catch (error) {
    if (!isWritten) closeSync(fd);
    try {
      unlinkSync(path);
    } catch {
      // Another process removed it; the first error is the one to report.
    }
    throw error;
  }
}

/**
 * Whether we were stopped (SIGSTOP, a suspended machine) for so long before our name was written that others may have
 * called the lock abandoned. They do not before some seconds, so the usual case need not look.
 */
function tookLong(began: number): boolean {
  return Math.abs(Date.now() - began) > 1000;
}

/**
 * Reads an owner record. Undefined when there is no file; without an owner while it is blank, and with a reason besides
 * where it may not be read or makes no sense.
 */
export function readRecord(path: string): Seen | undefined {
  let fd: number;
  try {
    // O_NONBLOCK: a FIFO put in its place must not hang us.
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const code = errorCode(error);
    // ESTALE: the server knows the file no more. ENOTDIR: the lock directory was replaced by something else.
    if (code === 'ENOENT' || code === 'ESTALE' || code === 'ENOTDIR') return undefined;
    if (code === 'ELOOP') throw notALock(path, 'is a symbolic link, not a lock; remove it');
    // Another user's, in the instant before it gets its permissions, or made by a tool that gives it none.
    if (code === 'EACCES') return unreadable(path);
    throw error;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw notALock(path, 'is not a regular file, so not a lock; remove it');
    const buffer = Buffer.alloc(LONGEST_RECORD);
    const text = buffer.toString('latin1', 0, readSync(fd, buffer, 0, LONGEST_RECORD, 0));
    const owner = parseOwner(text);
    const seen = { owner, madeMs: stat.mtimeMs, identity: identityOf(stat.ino, text) };
    return owner !== undefined || isBlank(text) ? seen : { ...seen, obscure: says.senselessRecord };
  } catch (error) {
    if (errorCode(error) === 'ESTALE') return undefined;
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** Not written yet, or lost in a power cut, which may leave an empty file or one of NUL bytes. */
function isBlank(text: string): boolean {
  return text.replaceAll('\0', '').trim() === '';
}

function unreadable(path: string): Seen {
  let madeMs = Date.now();
  try {
    madeMs = lstatSync(path).mtimeMs;
  } catch {
    // Gone, or in a directory that we may not search.
  }
  return { owner: undefined, madeMs, identity: 'unreadable', obscure: says.unreadableRecord };
}

/**
 * Moves a lock out of the way, which frees it for all others at once, and says where to. Undefined when it was gone.
 *
 * Renaming comes first because removing in place is not one step where others look on: on NFS a file that a process has
 * open is only renamed by its removal and keeps its directory from being removed; on SMB it keeps its name until it is
 * closed. The new name is one that the clean-up of temporaries knows.
 *
 * @param as what the new name is made of
 */
export function moveAway(path: string, as = path): string | undefined {
  const ending = temporaryName();
  try {
    return renamed(path, `${as}${ending}`);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ESTALE') return undefined;
    if (code === 'ENAMETOOLONG') return renamed(path, join(dirname(as), ending));
    throw error;
  }
}

/**
 * Removes what was moved away, by an attempt that says whether it is gone. A process that looks at it just now has it open, which
 * keeps it from being removed on SMB and its directory on NFS and FUSE; a moment later it goes. The lock is free meanwhile. The
 * native front has more time for this; here others may wait for the loop. What then still stays is left to ct-cleanup-locks.
 */
export function removeMovedAway(attempt: () => boolean): void {
  for (let ms = 1; !attempt() && ms <= LAST_PAUSE_MS; ms *= 4) {
    pauseInPlace(ms);
  }
}

const LAST_PAUSE_MS = 16;

function renamed(path: string, to: string): string {
  renameSync(path, to);
  return to;
}

function identityOf(inode: number, text: string): Identity {
  return `${inode}:${text}`;
}
