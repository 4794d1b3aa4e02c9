/// <reference lib="esnext.disposable" preserve="true" />
import { InTheWay } from '../files/in-the-way.js';
import type { Judgement, Owner } from './owner.js';
import type { Strategy } from './strategy.js';

/** The lock of one target (a build product, a directory) by one strategy, the same interface for all of them. */
export interface ObjectLock {
  readonly strategy: Strategy;
  /** What the lock protects. */
  readonly target: string;
  /** The file or directory that a person finds when the lock is held. */
  readonly path: string;

  /**
   * One attempt, without waiting and without removing a stale lock.
   *
   * @returns undefined when another process holds it
   * @throws LockError when it could not be tried: no permission, full disk, something strange in the lock's place
   */
  try(): HeldLock | undefined;

  /**
   * Attempts until the lock is ours, removing locks of dead owners of this host on the way.
   *
   * @throws LockError as {@link ObjectLock.try} does
   */
  acquire(options?: AcquireOptions): Promise<Acquisition>;

  /** Who holds it now. Changes nothing. */
  inspect(): Inspection;

  /**
   * Removes the lock if its owner is dead, or with `force` whatever its owner. A lock that the kernel holds for a living
   * process (flock, fcntl) cannot be broken.
   */
  break(options?: BreakOptions): Promise<BreakResult>;
}

export interface BreakOptions {
  readonly force?: boolean;
  /**
   * Only the lock that was inspected: same owner, made at the same time. For a force that rests on what was found out
   * of that owner.
   */
  readonly ifStill?: Extract<Inspection, { readonly kind: 'held' }>;
}

/**
 * A lock that is ours until it is released or, by the strategies of the kernel, until we die. `using` and `await using` release
 * it, too.
 */
export interface HeldLock extends Disposable, AsyncDisposable {
  readonly path: string;
  /**
   * A number that is larger than that of every earlier holder; only of a lock that was opened with `fencing`. See
   * docs/library.md for what it protects.
   */
  readonly token: number | undefined;
  /**
   * Whether it is still ours at this moment: it was not removed by force. Costs a system call or two. False after
   * {@link HeldLock.release}.
   */
  isOurs(): boolean;
  /**
   * Of the strategies of the kernel, the locked file. A process that inherits it keeps the lock taken, should we die, until
   * it has ended, too; when the lock is released it holds nothing any more.
   */
  readonly descriptor?: number | undefined;
  /**
   * Gives the lock back. Never throws because the lock is gone; a second call does nothing.
   *
   * @returns `lost` when another process had removed it by force meanwhile, so what it protected may have been touched
   */
  release(): 'released' | 'lost';
}

export interface AcquireOptions {
  /** Give up after this many milliseconds; by default never. 0 means one attempt. */
  readonly timeoutMs?: number;
  /** Give up when it fires. */
  readonly signal?: AbortSignal;
  /** Called with what a person may want to know while this waits. */
  readonly onNotice?: (notice: Notice) => void;
}

export type Acquisition =
  | { readonly kind: 'acquired'; readonly lock: HeldLock; readonly waitedMs: number }
  | { readonly kind: 'timed-out'; readonly holder: Inspection; readonly waitedMs: number }
  | { readonly kind: 'aborted'; readonly waitedMs: number };

export type Inspection =
  | { readonly kind: 'free' }
  | {
      readonly kind: 'held';
      readonly owner: Owner | undefined;
      /** When the lock was made, by the clock of the file server; undefined for locks of the kernel. */
      readonly sinceMs: number | undefined;
      readonly judgement: Judgement;
      /** All that are known, of a lock that several may hold at once; the above is of the first of them that lives. */
      readonly sharers?: readonly Holder[];
    };

/** One of those who hold a lock together. */
export interface Holder {
  readonly owner: Owner | undefined;
  /** As in {@link Inspection}. */
  readonly sinceMs: number | undefined;
  readonly judgement: Judgement;
  /** What a person removes when this one is gone and no process here can tell. */
  readonly path: string;
}

export type BreakResult =
  /** It is gone, by us. */
  | { readonly kind: 'broken' }
  /** Nothing was there, or it changed hands meanwhile. */
  | { readonly kind: 'changed' }
  /** Left alone, because its owner is or may be alive, or because nothing here can make the removal safe. */
  | { readonly kind: 'refused'; readonly why: string };

export type Notice =
  /** Another warning interval has passed. `escalated`: the holder is on another host and overdue. */
  | {
      readonly kind: 'waiting';
      readonly lock: ObjectLock;
      readonly holder: Inspection;
      readonly waitedMs: number;
      readonly escalated: boolean;
    }
  | {
      readonly kind: 'broke-stale';
      readonly lock: ObjectLock;
      readonly owner: Owner | undefined;
      readonly why: string;
    };

/** Why a lock could not be taken or given back. */
export type LockErrorCode =
  /** The directory of the target does not exist, or is none. */
  | 'no-directory'
  /** The directory may not be written to, or what is in it not be removed. */
  | 'no-permission'
  /** The file system or the quota is full. Nothing was changed. */
  | 'no-space'
  /** The file system is mounted read-only. */
  | 'read-only'
  /** Something else stands in the lock's place: a symbolic link, a socket, a file that is none of ours. It stays. */
  | 'not-a-lock'
  /** Other hosts lock in this directory by a strategy that does not exclude processes here. */
  | 'strategy-conflict'
  /** This strategy does not work on this machine. */
  | 'unsupported'
  /** The lock vanished while it was being made. Another attempt may succeed. */
  | 'vanished'
  /** Anything else; an error of the system is the `cause`. */
  | 'system';

/** A lock could not be taken for a reason that waiting does not mend. */
export class LockError extends Error {
  override readonly name = 'LockError';
  readonly path: string;
  readonly code: LockErrorCode;

  constructor(path: string, message: string, options: ErrorOptions & { readonly code?: LockErrorCode } = {}) {
    super(`${path}: ${message}`, options);
    this.path = path;
    this.code = options.code ?? 'system';
  }
}

/** Something else stands at the place of a lock. */
export function notALock(path: string, message: string): LockError {
  return new LockError(path, message, { code: 'not-a-lock', cause: new InTheWay(path, '') });
}
