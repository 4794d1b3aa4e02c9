import { randomBytes } from 'node:crypto';
import type { Entry } from '../etcd/entry.js';
import { EtcdError } from '../etcd/error.js';
import type { Etcd } from '../etcd/etcd.js';
import type { Compare, Operation } from '../etcd/transaction.js';
import { pause } from '../host/pause.js';
import type { Keys } from './keys.js';
import type { Presence } from './presence.js';

/** What became of a write. */
export type Written =
  /** It is in etcd, at this revision, which is also the `create_revision` of each key that it has made. */
  | { readonly kind: 'written'; readonly revision: string }
  /** A comparison failed, so nothing was written. What was asked for, as it was at that moment, which is this revision of the store. */
  | { readonly kind: 'refused'; readonly found: readonly (readonly Entry[])[]; readonly revision: string }
  /** etcd did not answer for as long as the lease of the run was good. It may have been written. */
  | { readonly kind: 'unanswered' };

/** The first pause before a write is tried again, in milliseconds; they double. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

/**
 * The writes of a run, one after the other, each exactly once.
 *
 * Each transaction puts a new nonce into `writes/RUN` and compares that this is as the write before has left it. A run that has lost
 * an answer reads the key: with the nonce, the transaction was done; without it, it may be repeated, and if the lost one arrives
 * late after all, the comparison fails for one of the two. The key has the lease of the run: a run that was taken for
 * dead cannot write any more, whatever else it compares.
 */
export class RunWriter {
  readonly #etcd: Etcd;
  readonly #presence: Presence;
  readonly #key: string;
  /** The revision of the last write; undefined before the first one. */
  #last: string | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(etcd: Etcd, keys: Keys, run: string, presence: Presence) {
    this.#etcd = etcd;
    this.#presence = presence;
    this.#key = keys.writes(run);
  }

  /**
   * Does these operations, all or none, if the comparisons hold.
   *
   * @param looks what to read at that moment if they do not
   * @throws EtcdError when etcd refuses the write itself: it is not permitted, too large, or the disk of etcd is full
   */
  write(compare: readonly Compare[], then: readonly Operation[], looks: readonly Operation[] = []): Promise<Written> {
    const written = this.#queue.then(() => this.#write(compare, then, looks));
    this.#queue = written.catch(() => undefined);
    return written;
  }

  async #write(compare: readonly Compare[], then: readonly Operation[], looks: readonly Operation[]): Promise<Written> {
    const nonce = randomBytes(12).toString('base64url');
    const mark: Operation = { put: this.#key, value: nonce, lease: this.#presence.leases.alive };
    const same: Compare =
      this.#last === undefined
        ? { key: this.#key, what: 'absent' }
        : { key: this.#key, what: 'mod', equals: this.#last };
    const transaction = {
      compare: [same, ...compare],
      then: [mark, ...then],
      otherwise: [{ get: this.#key }, ...looks],
    };
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
      try {
        const { succeeded, revision, results } = await this.#etcd.transact(transaction);
        const own = succeeded ? undefined : results[0]?.entries[0];
        if (!succeeded && own?.value !== nonce) {
          return { kind: 'refused', found: results.slice(1).map(({ entries }) => entries), revision };
        }
        // An attempt whose answer was lost has done it.
        this.#last = own?.modRevision ?? revision;
        return { kind: 'written', revision: this.#last };
      } catch (error) {
        if (!(error instanceof EtcdError) || error.kind === 'refused') throw error;
      }
      // Repeated as it is: where the lost one was done, the comparison fails, and the nonce says why.
      const leftMs = this.#presence.remainingMs;
      if (leftMs === 0) return { kind: 'unanswered' };
      await pause(Math.min(wait, leftMs), this.#presence.lost);
    }
  }
}
