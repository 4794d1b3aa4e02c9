import { randomBytes } from 'node:crypto';
import type { Entry } from '../etcd/entry.js';
import type { Etcd } from '../etcd/etcd.js';
import { pause } from '../host/pause.js';
import {
  count,
  integer,
  object,
  oneOf,
  optional,
  parseRecord,
  recordText,
  string,
  type TypeOf,
} from '../records/schema.js';
import { makeOwnKey } from './key-of-ones-own.js';
import type { Keys } from './keys.js';
import { patiently } from './patience.js';
import { Presence } from './presence.js';
import { type ClaimKind, type QueuedClaim, waitsFor } from './queue-of-claims.js';
import { type AwaitRemoval, ownWatches } from './removals.js';

const text = string(undefined, 4096);

/** What stands in a claim. */
const CLAIM = object({
  kind: oneOf('exclusive', 'shared', 'slot'),
  slots: optional(integer(1, 100_000)),
  host: text,
  pid: count,
  user: text,
  command: text,
  since: text,
});
export type ClaimRecord = TypeOf<typeof CLAIM>;

/** Who claims a lock, for others who wait for it. */
export type Claimant = Omit<ClaimRecord, 'kind' | 'slots'>;

/** A claim in the queue of a lock. */
export interface Ahead extends QueuedClaim {
  /** Undefined when the key holds something else. */
  readonly record: ClaimRecord | undefined;
}

export type Acquisition =
  | { readonly kind: 'acquired'; readonly lock: NamedLock }
  | { readonly kind: 'timed-out'; readonly ahead: readonly Ahead[] }
  | { readonly kind: 'aborted' }
  /** etcd did not answer for so long that the claim has lapsed. */
  | { readonly kind: 'lost' };

export interface Wanted {
  /** Any text. */
  readonly name: string;
  readonly claim: ClaimKind;
  readonly claimant: Claimant;
  readonly leaseMs: number;
  /** 0: gives up when others are ahead. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Called when others are ahead, with each change of who that is. */
  readonly onWaiting?: (ahead: readonly Ahead[]) => void;
  /** What it has in common with other locks of this process; by default nothing. */
  readonly common?: Common;
}

/** What several locks of a process have in common. */
export interface Common {
  readonly presence: Presence;
  readonly untilRemoved: AwaitRemoval;
  /** A claim may be left that only the end of the lease removes: none may be made with it any more. */
  readonly onLeft: () => void;
}

/** More claims on one lock than any site has. */
const MOST = 10_000;
const PAUSE_MS = 500;
/** Then the queue is looked at again, whatever the watch has said, in milliseconds. */
const LONGEST_WATCH_MS = 60_000;

/**
 * A lock by its name in etcd, held as long as its process renews a lease. Claims queue in the order in which etcd has got them; who
 * waits watches only those that it waits for.
 *
 * If a process dies, its lease runs out and the next one in the queue goes on. So the holder has to end what it does when it cannot
 * renew: {@link lost} fires early enough for that. What is on a disk nothing else protects: give {@link token} to whatever can
 * refuse an older one.
 */
export class NamedLock {
  readonly #etcd: Etcd;
  readonly #presence: Presence;
  readonly #key: string;
  readonly #common: Common | undefined;
  /** Grows with each holder of the lock, for what can refuse a write by an older one. */
  readonly token: string;

  private constructor(etcd: Etcd, presence: Presence, { key, token }: Claiming, common: Common | undefined) {
    this.#etcd = etcd;
    this.#presence = presence;
    this.#key = key;
    this.#common = common;
    this.token = token;
  }

  /** @throws EtcdError when etcd cannot be reached or refuses the claim; nothing is claimed then */
  static async acquire(etcd: Etcd, keys: Keys, wanted: Wanted): Promise<Acquisition> {
    const { common } = wanted;
    const presence = common?.presence ?? (await Presence.begin(etcd, wanted.leaseMs, 'briefly'));
    const claiming = new Claiming(etcd, presence, keys.claims(wanted.name), wanted);
    const giveUp = (): Promise<void> => (common === undefined ? presence.end() : claiming.withdraw(common));
    const result = await claiming.acquire().catch(async (error: unknown) => {
      await giveUp();
      throw error;
    });
    if (result !== 'acquired') {
      await giveUp();
      return result;
    }
    return { kind: 'acquired', lock: new NamedLock(etcd, presence, claiming, common) };
  }

  /** Fires when the lease can no longer be renewed in time: another process may hold the lock soon. */
  get lost(): AbortSignal {
    return this.#presence.lost;
  }

  /** Whether the lease is good for long enough to end something under this lock in order. By the clock; nothing is asked. */
  get isGood(): boolean {
    return this.#presence.remainingMs > 0;
  }

  /**
   * Whether the claim still stands, as etcd says, and the lease is good. Where etcd does not say, the lease decides: until it is over
   * only a person can have removed the claim.
   */
  async isHeld(): Promise<boolean> {
    if (!this.isGood) return false;
    const found = await this.#etcd.get(this.#key).catch(() => 'unknown' as const);
    return (found === 'unknown' || found?.createRevision === this.token) && this.isGood;
  }

  /** @returns `lost` when it was not held any more: another process may have held it meanwhile */
  async release(): Promise<'released' | 'lost'> {
    const held = await this.#remove().catch(() => undefined);
    if (this.#common === undefined) await this.#presence.end();
    else if (held === undefined) this.#common.onLeft();
    // Without an answer the lease ends it: it was held until now, if it could be renewed.
    return (held ?? !this.#presence.mayBeOver) ? 'released' : 'lost';
  }

  async #remove(): Promise<boolean> {
    const compare = [{ key: this.#key, what: 'create', equals: this.token }] as const;
    return (await this.#etcd.transact({ compare, then: [{ remove: this.#key }] })).succeeded;
  }
}

/** The way of a claim to the front of its queue. */
class Claiming {
  readonly key: string;
  token = '';
  readonly #etcd: Etcd;
  readonly #presence: Presence;
  readonly #prefix: string;
  readonly #wanted: Wanted;

  constructor(etcd: Etcd, presence: Presence, prefix: string, wanted: Wanted) {
    this.#etcd = etcd;
    this.#presence = presence;
    this.#prefix = prefix;
    this.#wanted = wanted;
    this.key = prefix + randomBytes(12).toString('base64url');
  }

  async acquire(): Promise<'acquired' | Exclude<Acquisition, { kind: 'acquired' }>> {
    const { timeoutMs, signal, onWaiting } = this.#wanted;
    const { lost } = this.#presence;
    const end = performance.now() + timeoutMs;
    if (!(await this.#claim())) return { kind: 'lost' };
    for (let seen = ''; ; ) {
      if (signal.aborted) return { kind: 'aborted' };
      const found = await patiently(this.#presence.lost, () => this.#look());
      if (found === undefined || lost.aborted) return { kind: 'lost' };
      const { ahead, revision } = found;
      if (ahead === undefined) return 'acquired';
      if (performance.now() >= end) return { kind: 'timed-out', ahead };
      const now = ahead.map(({ key }) => key).join(' ');
      if (now !== seen) onWaiting?.(ahead);
      seen = now;
      await this.#untilOneLeaves(ahead, revision, end - performance.now());
    }
  }

  /** Leaves the queue where the lease is not this claim's own. What may be left goes with the lease. */
  async withdraw({ onLeft }: Common): Promise<void> {
    // What has been sent may still be carried out: only of a claim whose answer has come a removal is the last word.
    const isRemoved =
      this.token !== '' &&
      (await this.#etcd.transact({ compare: [], then: [{ remove: this.key }] }).then(
        () => true,
        () => false,
      ));
    if (!isRemoved) onLeft();
  }

  /** Puts the claim at the end of the queue, once: its key is its own, and a repetition finds it. */
  async #claim(): Promise<boolean> {
    const { claim, claimant } = this.#wanted;
    const value = recordText(CLAIM, { ...claim, ...claimant });
    const own = { key: this.key, value, lease: this.#presence.leases.alive };
    const found = await patiently(this.#presence.lost, () => makeOwnKey(this.#etcd, own));
    this.token = found ?? '';
    return found !== undefined;
  }

  async #look(): Promise<{ readonly ahead: readonly Ahead[] | undefined; readonly revision: string }> {
    const { queue, revision } = await queueBelow(this.#etcd, this.#prefix);
    // A claim that is gone has lapsed: the lease says so soon.
    if (!queue.some(({ key }) => key === this.key)) await pause(PAUSE_MS, this.#presence.lost);
    return { ahead: waitsFor(queue, this.key), revision };
  }

  /** Watches the one that is next to leave where that is one, and all of the queue where any of them may be. */
  async #untilOneLeaves(ahead: readonly Ahead[], revision: string, leftMs: number): Promise<void> {
    const isAnyOf = this.#wanted.claim.kind === 'slot';
    const last = ahead.at(-1)?.key ?? this.#prefix;
    const untilRemoved = this.#wanted.common?.untilRemoved ?? ownWatches(this.#etcd);
    await untilRemoved(isAnyOf ? this.#prefix : last, {
      seenAt: revision,
      limitMs: Math.min(Math.max(leftMs, 1), LONGEST_WATCH_MS),
      signals: [this.#wanted.signal, this.#presence.lost],
    });
  }
}

/**
 * All claims on a lock, those that hold it first.
 *
 * @throws EtcdError
 */
export async function queueOf(etcd: Etcd, keys: Keys, name: string): Promise<readonly Ahead[]> {
  return (await queueBelow(etcd, keys.claims(name))).queue;
}

async function queueBelow(
  etcd: Etcd,
  prefix: string,
): Promise<{ readonly queue: readonly Ahead[]; readonly revision: string }> {
  const { entries, revision } = await etcd.list(prefix, { limit: MOST });
  const queue = entries
    .toSorted((a, b) => (BigInt(a.createRevision) < BigInt(b.createRevision) ? -1 : 1))
    .map((entry): Ahead => aheadOf(entry));
  return { queue, revision };
}

/** What is no claim of ours is in the way of all: it stands in the queue. */
function aheadOf({ key, value }: Entry): Ahead {
  const record = parseRecord(CLAIM, value);
  if (record === undefined) return { key, claim: { kind: 'exclusive' }, record };
  const { kind, slots = 1 } = record;
  return { key, claim: kind === 'slot' ? { kind, slots } : { kind }, record };
}
