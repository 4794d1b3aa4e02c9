import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { removeIfThere } from '../files/directory-entries.js';
import { temporaryName } from '../files/temporary-name.js';
import { errorCode } from '../host/error-code.js';
import type { Host } from '../host/host.js';
import { NAMESPACE_FILE } from '../host/remains.js';
import type { LockKind, Syscalls } from '../host/syscalls.js';
import { PID_BITS, STRATEGY_TRAITS } from '../tables/locks.js';
import { checkBreakOptions } from './arguments.js';
import { type Fence, withToken } from './fence.js';
import { onePerHost } from './host-mutex.js';
import { pathBeside } from './lock-name.js';
import {
  type AcquireOptions,
  type Acquisition,
  type BreakOptions,
  type BreakResult,
  type HeldLock,
  type Holder,
  type Inspection,
  notALock,
  type ObjectLock,
} from './object-lock.js';
import { asLockError } from './owned-lock.js';
import { judge } from './owner.js';
import { FILE_MODE, shareDescriptor } from './sharing.js';
import { type Waiting, waitFor } from './wait.js';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;

export interface KernelLockContext extends Waiting {
  readonly host: Host;
  readonly system: Syscalls;
  /** Where tokens are counted, if its holders get one. */
  readonly fence?: Fence | undefined;
  /** Exclusive by default. */
  readonly kind?: LockKind;
}

/**
 * An object lock that the kernel holds on `T.lock` and gives back when its owner dies, and with it every process that has
 * inherited the descriptor: flock(2), or fcntl(2) with a lock of the open file (so that closing another descriptor of the
 * file in this process does not drop it).
 *
 * The file stays when the lock is released. Removing it would let one process lock the removed file and another one its
 * successor; in case it is removed anyway, the locked file is compared with the one of that name.
 */
export class KernelLock implements ObjectLock {
  readonly strategy: 'flock' | 'fcntl';
  readonly target: string;
  readonly path: string;
  readonly #context: KernelLockContext;

  constructor(strategy: 'flock' | 'fcntl', target: string, context: KernelLockContext, base = target) {
    this.strategy = strategy;
    this.target = target;
    this.path = pathBeside(base, STRATEGY_TRAITS.flock.ending);
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
    const locks = holdersOf(this.strategy, file.ino);
    const known = locks.filter(({ pid }) => pid > 0).map(({ pid }) => this.#holder(pid));
    const first = known.find(({ judgement }) => judgement.fate !== 'dead') ?? known[0];
    if (first !== undefined) {
      const { owner, sinceMs, judgement } = first;
      return {
        kind: 'held',
        owner,
        sinceMs,
        judgement,
        ...(locks.some(({ shared }) => shared) ? { sharers: known } : {}),
      };
    }
    if (locks.length === 0) return { kind: 'free' };
    const why = 'the kernel holds it for a live process, but does not say which';
    return { kind: 'held', owner: undefined, sinceMs: undefined, judgement: { fate: 'alive', why } };
  }

  #holder(pid: number): Holder {
    const { host } = this.#context;
    const about = { owner: { host: host.name, pid }, sinceMs: undefined, path: this.path };
    const judgement = judge({ owner: about.owner, madeMs: host.now() }, { host, clockOffsetMs: 0, ownerlessMs: 0 });
    if (judgement.fate !== 'dead') return { ...about, judgement };
    if (host.remains?.(pid).kind === 'daemons') {
      const why = 'its process and its command have ended; only a daemon that it started has the lock open';
      return { ...about, judgement: { fate: 'dead', why } };
    }
    // The lock outlives who took it in every child that has inherited the open file: the compiler of a killed wrapper.
    const why = 'its process has ended, but one that it started is running and has inherited the lock';
    return { ...about, judgement: { fate: 'alive', why } };
  }

  /**
   * Only of a dead owner whose lock a daemon has inherited: another file takes the place of the locked one, whatever process
   * holds that. A process that has locked the old file by then compares it with the one of that name, and tries again.
   */
  async break(options: BreakOptions = {}): Promise<BreakResult> {
    checkBreakOptions(options);
    const holder = this.inspect();
    if (holder.kind === 'free') return { kind: 'changed' };
    const { owner, judgement } = holder;
    if (owner === undefined || judgement.fate !== 'dead') {
      const who = owner === undefined ? 'its owner' : `process ${owner.pid}`;
      return { kind: 'refused', why: `the kernel holds this lock until ${who} ends` };
    }
    const turn = await onePerHost((): BreakResult => {
      const again = this.inspect();
      if (again.kind === 'free' || again.owner?.pid !== owner.pid) return { kind: 'changed' };
      if (again.judgement.fate !== 'dead') return { kind: 'refused', why: again.judgement.why };
      return this.#replaceFile(owner.pid);
    });
    if (turn.kind === 'done') return turn.result;
    return { kind: 'refused', why: 'another process of this host is removing locks right now' };
  }

  /**
   * The new file is locked by us while it takes the old one's place, so that no process gets in before we have seen that it is
   * still the dead one's: the daemon may end at this moment, and the next one lock the old file. Then that comes back.
   *
   * If we die here, one of the two files is there, and either works. What else is left is a temporary for the clean-up.
   */
  #replaceFile(pid: number): BreakResult {
    const { system } = this.#context;
    const [old, fresh] = [join(dirname(this.path), temporaryName()), join(dirname(this.path), temporaryName())];
    let fd: number | undefined;
    try {
      linkSync(this.path, old);
      const inode = lstatSync(old, { bigint: true }).ino;
      fd = openSync(fresh, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE);
      shareDescriptor(fd, this.target, FILE_MODE);
      if (!system[this.strategy](fd)) return { kind: 'changed' };
      renameSync(fresh, this.path);
      if (holdersOf(this.strategy, inode).every((lock) => lock.pid === pid)) return { kind: 'broken' };
      renameSync(old, this.path);
      return { kind: 'changed' };
    } catch (error) {
      const code = errorCode(error);
      if (code === undefined) throw error;
      return { kind: 'refused', why: `its file cannot be replaced (${code})` };
    } finally {
      removeIfThere(fresh);
      removeIfThere(old);
      if (fd !== undefined) closeSync(fd);
    }
  }

  #attempt(): HeldLock | undefined {
    for (;;) {
      const fd = openLockFile(this.path, this.target);
      if (fd === undefined) return undefined;
      let ours = false;
      try {
        const { system, kind } = this.#context;
        const got =
          this.strategy === 'flock' ? system.flock(fd, kind) : system.fcntl(fd, byteOfOwner(process.pid), kind);
        if (!got) return undefined;
        const locked = fstatSync(fd, { bigint: true });
        if (!locked.isFile()) throw notALock(this.path, 'is not a regular file, so not a lock; remove it');
        const named = entryOf(this.path);
        ours = named !== undefined && named.ino === locked.ino && named.dev === locked.dev;
        if (!ours) continue; // we locked a file that was removed between open and lock: try the one there now
        if (!this.#context.watched) lookAfresh(dirname(this.target));
        const unlock = (): void => system.unlock(this.strategy, fd);
        return new HeldFile(this.path, fd, locked.size === 0n, unlock);
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
 * @returns undefined while the first user is about to do that; by then that user has practically acquired the lock
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
      if (errorCode(error) !== 'EEXIST') throw error; // else: another process was the first
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
  readonly #unlock: () => void;
  #fd: number | undefined;

  constructor(path: string, fd: number, empty: boolean, unlock: () => void) {
    this.path = path;
    this.#fd = fd;
    this.#empty = empty;
    this.#unlock = unlock;
  }

  get descriptor(): number | undefined {
    return this.#fd;
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
      // The kernel reports a released lock to no waiter. Cutting the empty file to no length is a change that a watch sees.
      // One with content may be a hard link to something else: that stays as it is.
      if (this.#empty) ftruncateSync(fd, 0);
    } catch {
      // A full disk, say: those who wait look by themselves, a little later.
    }
    // Not by closing it alone: a daemon that was started with it may have it open, too.
    this.#unlock();
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

/** A lock that the kernel holds. */
interface KernelHolder {
  /** -1 where the kernel does not say, and of other PID namespaces. */
  readonly pid: number;
  readonly shared: boolean;
}

function holdersOf(strategy: 'flock' | 'fcntl', inode: bigint): KernelHolder[] {
  let text = '';
  try {
    text = readFileSync('/proc/locks', 'utf8');
  } catch {
    // No /proc: no holder is known.
  }
  return parseProcLocks(text, strategy, inode, firstByte());
}

/**
 * The kernel does not say whose a lock of an open file is. So it begins at the byte of this number, which names the PID
 * namespace and the process in it, and reaches to the end of all files: any two such locks exclude each other, and those of
 * older versions, which begin at 0. The native front does the same.
 */
function byteOfOwner(pid: number): bigint {
  const first = firstByte();
  return first === 0n ? 0n : first + BigInt(pid);
}

let namespaceByte: bigint | undefined;

/** Where the bytes of our PID namespace begin; 0 where there is none. */
function firstByte(): bigint {
  if (namespaceByte === undefined) {
    const inode = statSync(NAMESPACE_FILE, { bigint: true, throwIfNoEntry: false })?.ino ?? 0n;
    namespaceByte = inode > 0xffff_ffffn ? 0n : inode * PIDS;
  }
  return namespaceByte;
}

const PIDS = 1n << BigInt(PID_BITS);

/**
 * Who holds a lock on an inode, from the text of /proc/locks. Lines of
 * waiters (`->`) do not count. The device is not compared: overlay and btrfs show another one there than stat(2) does.
 *
 * @param namespaceFirst where the bytes begin that name the owners of locks of open files
 */
function parseProcLocks(
  text: string,
  strategy: 'flock' | 'fcntl',
  inode: bigint,
  namespaceFirst: bigint,
): KernelHolder[] {
  const kinds = strategy === 'flock' ? ['FLOCK'] : ['OFDLCK', 'POSIX'];
  return text.split('\n').flatMap((line) => {
    const [, kind, , access, pid, file, first = '0'] = line.trim().split(/\s+/);
    if (kind === undefined || !kinds.includes(kind) || pid === undefined || file === undefined) return [];
    if (file.split(':')[2] !== String(inode)) return [];
    const shared = access === 'READ';
    if (kind !== 'OFDLCK') return [{ pid: Number(pid), shared }];
    const owner = BigInt(first) - namespaceFirst;
    return [{ pid: namespaceFirst > 0n && owner > 0n && owner < PIDS ? Number(owner) : -1, shared }];
  });
}
