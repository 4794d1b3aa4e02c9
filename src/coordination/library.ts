/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Locks by name, for hosts that share nothing but a network and an etcd.
 *
 * ```ts
 * await using hosts = openEtcd({ endpoints: ['https://etcd1:2379'], prefix: '/stagelock/demo' });
 * const acquisition = await hosts.openLock('license server').acquire({ timeoutMs: 60_000 });
 * if (acquisition.kind === 'acquired') {
 *   await using lock = acquisition.lock; // released at the end of this block
 *   await simulate({ signal: lock.lost, token: lock.token });
 * }
 * ```
 *
 * They are those of `stagelock exec --strategy etcd`. What they promise, and what not: docs/library.md.
 *
 * @packageDocumentation
 */

import { hostname } from 'node:os';
import { basename } from 'node:path';
import { DEFAULTS } from '../config/defaults.js';
import { milliseconds } from '../config/duration.js';
import { Etcd } from '../etcd/etcd.js';
import type { EtcdSettings } from '../etcd/settings.js';
import { checkEtcdOptions, checkName, checkNumberOfSlots, checkWaitOptions } from './arguments.js';
import { claimantOf } from './claimant.js';
import { Keys } from './keys.js';
import { type Ahead, NamedLock, queueOf } from './named-lock.js';
import { type ClaimKind, waitsFor } from './queue-of-claims.js';

export { EtcdError, type Failure, type RefusalReason } from '../etcd/error.js';
export type { ClaimKind };

/** How a cluster of etcd is reached, and as whom. `project.coordination` of a configuration has all of it. */
export interface EtcdOptions extends Omit<EtcdSettings, 'requestTimeoutMs'> {
  /** What the keys begin with, `/stagelock/NAME`. Those with the same prefix share their locks. */
  readonly prefix: string;
  /** How long others wait for a process that has gone silent: 10 s to 10 min, 30 s by default. */
  readonly leaseMs?: number;
  /** How long one request may take, on whichever members: 5 s by default, and at most half of `leaseMs`. */
  readonly requestTimeoutMs?: number;
  /** What this host is called for others that wait; the host name by default. */
  readonly host?: string;
  /** What `stagelock exec` does when no member answers; the library throws. */
  readonly whenAway?: 'stop' | 'compile';
}

export interface WaitInEtcdOptions {
  /** Give up after this many milliseconds: 10 minutes by default. 0 gives up when others are ahead, `Infinity` never. */
  readonly timeoutMs?: number;
  /** Give up when it fires. */
  readonly signal?: AbortSignal;
  /** Called with those ahead, the oldest first, when it has to wait and with each change of who they are. */
  readonly onWaiting?: (ahead: readonly ClaimInEtcd[]) => void;
}

/** A claim on a lock, that holds it or waits. */
export interface ClaimInEtcd {
  readonly key: string;
  readonly claim: ClaimKind;
  /** Undefined where something that is no claim of stagelock stands in the queue. */
  readonly claimant:
    | {
        readonly host: string;
        readonly pid: number;
        readonly user: string;
        readonly command: string;
        /** By the clock of its host, milliseconds since the epoch; NaN where that makes no sense. */
        readonly sinceMs: number;
      }
    | undefined;
}

export type AcquisitionInEtcd =
  | { readonly kind: 'acquired'; readonly lock: HeldInEtcd; readonly waitedMs: number }
  | { readonly kind: 'timed-out'; readonly ahead: readonly ClaimInEtcd[]; readonly waitedMs: number }
  | { readonly kind: 'aborted'; readonly waitedMs: number }
  /** etcd has not answered for so long that the claim has lapsed. */
  | { readonly kind: 'lost'; readonly waitedMs: number };

/** A lock that is ours until it is released, or etcd cannot be reached for longer than its lease. `await using` releases it, too. */
export interface HeldInEtcd extends AsyncDisposable {
  readonly name: string;
  /** Larger than that of every earlier holder of the lock: what it protects can refuse a smaller one. */
  readonly token: bigint;
  /**
   * Fires when the lease could not be renewed in time, a third of it (and at most 30 s) before another process can get the lock. End what
   * is done under the lock then.
   */
  readonly lost: AbortSignal;
  /**
   * Whether the lease is still good for that long, by the clock, also where a busy loop has kept {@link HeldInEtcd.lost} from firing. To be
   * asked right before what cannot be undone. False after {@link HeldInEtcd.release}.
   */
  isOurs(): boolean;
  /**
   * Gives the lock back. Never throws; without an answer of etcd the lease ends it. A second call does nothing.
   *
   * @returns `lost` when another process may have held it meanwhile
   */
  release(): Promise<'released' | 'lost'>;
}

/** A lock that one process may hold alone, or several together. */
export interface LockInEtcd {
  readonly name: string;
  /**
   * Waits until this process holds the lock alone. Claims are served in the order in which etcd has got them.
   *
   * @throws EtcdError when no member answers, or etcd refuses it; nothing is claimed then
   */
  acquire(options?: WaitInEtcdOptions): Promise<AcquisitionInEtcd>;
  /** Likewise, together with others who do so. @throws EtcdError */
  acquireShared(options?: WaitInEtcdOptions): Promise<AcquisitionInEtcd>;
  /** Who holds the lock now, and who waits. @throws EtcdError */
  inspect(): Promise<{ readonly holders: readonly ClaimInEtcd[]; readonly waiting: readonly ClaimInEtcd[] }>;
}

/** A lock that so many processes may hold together. */
export interface SlotsInEtcd extends Pick<LockInEtcd, 'name' | 'acquire' | 'inspect'> {
  readonly slots: number;
}

/** The locks with one prefix in a cluster of etcd. */
export interface LocksInEtcd extends AsyncDisposable {
  /** The lock of that name: any text of at most 1000 bytes. Nothing is taken yet. */
  openLock(name: string): LockInEtcd;
  /** The same lock for at most so many processes at once, from 1 to 1000. Each may name a number of its own. */
  openSlots(name: string, slots: number): SlotsInEtcd;
  /** Releases what is held, ends what waits, and closes the connections. */
  close(): Promise<void>;
}

/**
 * Locks in etcd. Nothing is connected before something is acquired.
 *
 * @throws TypeError, RangeError that name an argument which makes no sense
 */
export function openEtcd(options: EtcdOptions): LocksInEtcd {
  checkEtcdOptions(options);
  return new Opened(options);
}

const WAIT_MS = 600_000;

class Opened implements LocksInEtcd {
  readonly #etcd: Etcd;
  readonly #keys: Keys;
  readonly #leaseMs: number;
  readonly #host: string;
  readonly #held = new Set<HeldInEtcd>();
  readonly #waiting = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();

  constructor({ prefix, leaseMs, host, requestTimeoutMs, ...settings }: EtcdOptions) {
    this.#etcd = new Etcd({
      ...settings,
      requestTimeoutMs: requestTimeoutMs ?? milliseconds(DEFAULTS.coordinationTimeout),
    });
    this.#keys = new Keys(prefix);
    this.#leaseMs = leaseMs ?? milliseconds(DEFAULTS.coordinationLease);
    this.#host = host ?? hostname();
  }

  openLock(name: string): LockInEtcd {
    checkName(name);
    return {
      name,
      acquire: (options) => this.#acquire(name, { kind: 'exclusive' }, options),
      acquireShared: (options) => this.#acquire(name, { kind: 'shared' }, options),
      inspect: () => this.#inspect(name),
    };
  }

  openSlots(name: string, slots: number): SlotsInEtcd {
    checkName(name);
    checkNumberOfSlots(slots);
    return {
      name,
      slots,
      acquire: (options) => this.#acquire(name, { kind: 'slot', slots }, options),
      inspect: () => this.#inspect(name),
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#waiting);
    await Promise.all([...this.#held].map((lock) => lock.release()));
    await this.#etcd.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #acquire(name: string, claim: ClaimKind, options: WaitInEtcdOptions = {}): Promise<AcquisitionInEtcd> {
    checkWaitOptions(options);
    const began = performance.now();
    const acquiring = this.#claim(name, claim, options);
    this.#waiting.add(acquiring);
    try {
      return { ...(await acquiring), waitedMs: performance.now() - began };
    } finally {
      this.#waiting.delete(acquiring);
    }
  }

  async #claim(name: string, claim: ClaimKind, options: WaitInEtcdOptions) {
    const { timeoutMs = WAIT_MS, signal, onWaiting } = options;
    const acquisition = await NamedLock.acquire(this.#etcd, this.#keys, {
      name,
      claim,
      claimant: claimantOf(this.#host, [basename(process.argv[1] ?? process.execPath)]),
      leaseMs: this.#leaseMs,
      timeoutMs,
      signal: AbortSignal.any([this.#closing.signal, ...(signal === undefined ? [] : [signal])]),
      ...(onWaiting !== undefined && { onWaiting: (ahead) => onWaiting(ahead.map(publicClaim)) }),
    });
    switch (acquisition.kind) {
      case 'acquired':
        return { kind: 'acquired', lock: this.#hold(name, acquisition.lock) } as const;
      case 'timed-out':
        return { kind: 'timed-out', ahead: acquisition.ahead.map(publicClaim) } as const;
      default:
        return acquisition;
    }
  }

  #hold(name: string, lock: NamedLock): HeldInEtcd {
    let released: Promise<'released' | 'lost'> | undefined;
    const release = (): Promise<'released' | 'lost'> => {
      this.#held.delete(held);
      released ??= lock.release();
      return released;
    };
    const held: HeldInEtcd = {
      name,
      token: BigInt(lock.token),
      lost: lock.lost,
      isOurs: () => released === undefined && lock.isGood,
      release,
      [Symbol.asyncDispose]: async () => void (await release()),
    };
    this.#held.add(held);
    return held;
  }

  async #inspect(name: string) {
    const queue = await queueOf(this.#etcd, this.#keys, name);
    const holds = ({ key }: Ahead): boolean => waitsFor(queue, key) === undefined;
    return {
      holders: queue.filter(holds).map(publicClaim),
      waiting: queue.filter((each) => !holds(each)).map(publicClaim),
    };
  }
}

function publicClaim({ key, claim, record }: Ahead): ClaimInEtcd {
  if (record === undefined) return { key, claim, claimant: undefined };
  const { host, pid, user, command, since } = record;
  return { key, claim, claimant: { host, pid, user, command, sinceMs: Date.parse(since) } };
}
