import { closeSync, constants, fdatasyncSync, fstatSync, openSync, writeSync } from 'node:fs';
import { type HeldLock, notALock } from './object-lock.js';
import { FILE_MODE, shareDescriptor } from './sharing.js';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;

/*
 * Fencing tokens. A token is the length of a file to which each holder appends one byte, so that no number has to be read and
 * written back: whatever two holders do at once, one of which was stopped and has lost its lock, the file never gets shorter.
 * It stands beside the lock and stays when that goes, by its release or by force. Not in `T.lock`, which the shell empties with
 * each `9>T.lock`.
 */

/** Where the tokens of a lock are counted. */
export interface Fence {
  /** The file. */
  readonly path: string;
  /** What has the group that it gets. */
  readonly target: string;
}

/**
 * Gives a lock that was just taken its token, which is larger than that of each holder before.
 *
 * The lock is looked at again once the token is counted. A process that was stopped in between for so long that the lock was
 * removed by force and acquired by another has a larger token than that one, and gets nothing. If we die here, a number is left out. If
 * the disk is full, the lock is released.
 *
 * @returns undefined when the lock was lost meanwhile
 * @throws the system's error, LockError
 */
export function withToken(held: HeldLock, fence: Fence): HeldLock | undefined {
  let isFenced = false;
  try {
    const token = countOne(fence);
    isFenced = held.isOurs();
    return isFenced ? new FencedLock(held, token) : undefined;
  } finally {
    if (!isFenced) held.release();
  }
}

function countOne({ path, target }: Fence): number {
  const fd = openSync(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, FILE_MODE);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw notALock(path, 'is not a regular file, so it cannot count tokens; remove it');
    if (stat.nlink > 1)
      throw notALock(path, 'has a second name (a hard link), so it is not written to; remove one of them');
    if (stat.size === 0) shareDescriptor(fd, target, FILE_MODE);
    writeSync(fd, '.');
    fdatasyncSync(fd); // a power cut must not make the next one count anew
    return fstatSync(fd).size;
  } finally {
    closeSync(fd);
  }
}

class FencedLock implements HeldLock {
  readonly path: string;
  readonly token: number;
  readonly #held: HeldLock;

  constructor(held: HeldLock, token: number) {
    this.path = held.path;
    this.token = token;
    this.#held = held;
  }

  get descriptor(): number | undefined {
    return this.#held.descriptor;
  }

  isOurs(): boolean {
    return this.#held.isOurs();
  }

  release(): 'released' | 'lost' {
    return this.#held.release();
  }

  [Symbol.dispose](): void {
    this.#held.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#held.release();
  }
}
