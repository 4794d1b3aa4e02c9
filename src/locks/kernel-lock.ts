import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { checkBreakOptions } from './arguments.js';
import { errorCode } from './error-code.js';
import { type Fence, withToken } from './fence.js';
import type { Host } from './host.js';
import { pathBeside } from './lock-name.js';
import {
  type AcquireOptions,
  type Acquisition,
  type BreakOptions,
  type BreakResult,
  type HeldLock,
  type Inspection,
  notALock,
  type ObjectLock,
} from './object-lock.js';
import { asLockError } from './owned-lock.js';
import { judge } from './owner.js';
import { FILE_MODE, shareDescriptor } from './sharing.js';
import type { Syscalls } from './syscalls.js';
import { type Waiting, waitFor } from './wait.js';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;

export interface KernelLockContext extends Waiting {
  readonly host: Host;
  readonly system: Syscalls;
  /** Where tokens are counted, if its holders get one. */
  readonly fence?: Fence | undefined;
}

/**
 * An object lock that the kernel holds on `T.lock` and gives back when its owner dies: flock(2), or fcntl(2) with a
 * lock of the open file (so that closing another descriptor of the file in this process does not drop it).
 *
 * The file stays when the lock is released. Removing it would let one process lock the removed file and another one its
 * successor; for the case that somebody removes it all the same, the locked file is compared with the one of that name.
 */
export class KernelLock implements ObjectLock {
  readonly strategy: 'flock' | 'fcntl';
  readonly target: string;
  readonly path: string;
  readonly #context: KernelLockContext;

  constructor(strategy: 'flock' | 'fcntl', target: string, context: KernelLockContext, base = target) {
    this.strategy = strategy;
    this.target = target;
    this.path = pathBeside(base, '.lock');
    this.#context = context;
  }

  try(): HeldLock | undefined {
    try {
      const held = this.#attempt();
      const { fence } = this.#context;
      return held === undefined || fence === undefined ? held : withToken(held, fence);
    } catch (error) {
      throw asLockError(this.path, error);
    }
  }

  acquire(options?: AcquireOptions): Promise<Acquisition> {
    return waitFor(this, this.#context, options);
  }

  inspect(): Inspection {
    const file = entryOf(this.path);
    if (file === undefined) return { kind: 'free' };
    const locks = parseProcLocks(readProcLocks(), this.strategy, file.ino);
    if (locks.length === 0) return { kind: 'free' };
    const pid = locks.find((lock) => lock > 0);
    if (pid === undefined) {
      const why = 'the kernel holds it for a process that lives, but does not say which';
      return { kind: 'held', owner: undefined, sinceMs: undefined, judgement: { fate: 'alive', why } };
    }
    const owner = { host: this.#context.host.name, pid };
    const sighting = { owner, madeMs: this.#context.host.now() };
    const judgement = judge(sighting, { host: this.#context.host, clockOffsetMs: 0, ownerlessMs: 0 });
    if (judgement.fate !== 'dead') return { kind: 'held', owner, sinceMs: undefined, judgement };
    // The lock outlives who took it in every child that has inherited the open file: the compiler of a killed wrapper.
    const why = `process ${pid} has ended, but one that it started lives and has inherited the lock`;
    return { kind: 'held', owner, sinceMs: undefined, judgement: { fate: 'alive', why } };
  }

  async break(options: BreakOptions = {}): Promise<BreakResult> {
    checkBreakOptions(options);
    const holder = this.inspect();
    if (holder.kind === 'free') return { kind: 'changed' };
    const who = holder.owner === undefined ? 'its owner' : `process ${holder.owner.pid}`;
    return { kind: 'refused', why: `the kernel holds this lock until ${who} ends` };
  }

  #attempt(): HeldLock | undefined {
    for (;;) {
      const fd = openLockFile(this.path, this.target);
      if (fd === undefined) return undefined;
      let ours = false;
      try {
        if (!this.#context.system[this.strategy](fd)) return undefined;
        const locked = fstatSync(fd, { bigint: true });
        if (!locked.isFile()) throw notALock(this.path, 'is not a regular file, so not a lock; remove it');
        const named = entryOf(this.path);
        ours = named !== undefined && named.ino === locked.ino && named.dev === locked.dev;
        if (!ours) continue; // we locked a file that somebody removed between open and lock: try the one there now
        if (!this.#context.watched) lookAfresh(dirname(this.target));
        return new HeldFile(this.path, fd, locked.size === 0n);
      } finally {
        if (!ours) closeSync(fd);
      }
    }
  }
}

function entryOf(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (errorCode(error) === 'ESTALE') return undefined; // replaced on another NFS client at this moment
    throw error;
  }
}

/**
 * Has an NFS client ask whether the directory has changed, which it does when a directory is opened: for up to half a
 * minute it might else still miss files that earlier owners on other hosts have made. The strategies that make something
 * in the directory need not ask.
 */
function lookAfresh(directory: string): void {
  try {
    closeSync(openSync(directory, O_RDONLY | O_DIRECTORY));
  } catch {
    // One that may be searched and not read: its names then come a little later.
  }
}

/**
 * Opens without creating first: in a shared directory only the file's first user has to set its permissions.
 *
 * @returns undefined while the first user is about to do that; by then somebody has as good as taken the lock
 */
function openLockFile(path: string, target: string): number | undefined {
  for (;;) {
    try {
      return openSync(path, O_RDWR | O_NOFOLLOW);
    } catch (error) {
      if (errorCode(error) === 'EACCES' && isBrandNew(path)) return undefined;
      if (errorCode(error) !== 'ENOENT') throw error;
    }
    try {
      const fd = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE);
      shareDescriptor(fd, target, FILE_MODE);
      return fd;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error; // else: somebody else was the first
    }
  }
}

/** A file's creator takes microseconds to its permissions; after a second they are what they are. */
function isBrandNew(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat === undefined || Math.abs(Date.now() - stat.ctimeMs) < 1000;
}

class HeldFile implements HeldLock {
  readonly path: string;
  readonly token = undefined;
  readonly #empty: boolean;
  #fd: number | undefined;

  constructor(path: string, fd: number, empty: boolean) {
    this.path = path;
    this.#fd = fd;
    this.#empty = empty;
  }

  isOurs(): boolean {
    if (this.#fd === undefined) return false;
    const locked = fstatSync(this.#fd, { bigint: true });
    const named = entryOf(this.path);
    return named !== undefined && named.ino === locked.ino && named.dev === locked.dev;
  }

  release(): 'released' | 'lost' {
    const fd = this.#fd;
    if (fd === undefined) return 'released';
    this.#fd = undefined;
    try {
      // The kernel tells nobody of a released lock. Cutting the empty file to no length is a change that a watch sees.
      // One with content may be a hard link to something else: that stays as it is.
      if (this.#empty) ftruncateSync(fd, 0);
    } catch {
      // A full disk, say: those who wait look by themselves, a little later.
    }
    closeSync(fd);
    return 'released';
  }

  [Symbol.dispose](): void {
    this.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
  }
}

function readProcLocks(): string {
  try {
    return readFileSync('/proc/locks', 'utf8');
  } catch {
    return '';
  }
}

/**
 * The pids that hold a lock on an inode, from the text of /proc/locks; -1 where the kernel does not say. Lines of
 * waiters (`->`) do not count. The device is not compared: overlay and btrfs show another one there than stat(2) does.
 */
export function parseProcLocks(text: string, strategy: 'flock' | 'fcntl', inode: bigint): number[] {
  const kinds = strategy === 'flock' ? ['FLOCK'] : ['OFDLCK', 'POSIX'];
  return text.split('\n').flatMap((line) => {
    const [, kind, , , pid, file] = line.trim().split(/\s+/);
    if (kind === undefined || !kinds.includes(kind) || pid === undefined || file === undefined) return [];
    return file.split(':')[2] === String(inode) ? [Number(pid)] : [];
  });
}
