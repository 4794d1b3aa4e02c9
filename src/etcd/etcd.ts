import { randomBytes } from 'node:crypto';
import { GRANTED, RANGE, RENEWED, REVOKED, TIME_TO_LIVE, TRANSACTION } from './answers.js';
import { Calls } from './calls.js';
import { type Entry, encoded, rangeOf } from './entry.js';
import { EtcdError } from './error.js';
import { type MemberStatus, sizeOfCluster, statusOfMembers } from './member-status.js';
import type { EtcdSettings } from './settings.js';
import {
  entriesOf,
  onlyReads,
  resultOf,
  type Transaction,
  type TransactionResult,
  transactionBody,
} from './transaction.js';
import { Watch, type Watching } from './watch.js';

/** Which of the keys with a prefix are wanted. */
export interface Selection {
  /** At most so many. */
  readonly limit?: number;
  /** Without values. */
  readonly keysOnly?: boolean;
  /** Those that were made last come first; otherwise in the order of their bytes. Not together with `from`. */
  readonly newestFirst?: boolean;
  /** Begins after this key, which need not be there. */
  readonly from?: string;
  /** As they were at this revision, so that several pages are of one moment. */
  readonly at?: string;
}

export interface Listing {
  readonly entries: readonly Entry[];
  /** Of the store, when it was read. */
  readonly revision: string;
  /** Whether there are more than the limit. */
  readonly more: boolean;
}

/**
 * A cluster of etcd, by its JSON gateway. It opens nothing until it is asked something, and {@link close} ends what is open.
 *
 * Each call ends within `requestTimeoutMs`, with an answer or an {@link EtcdError}. Reads are linearizable: they see every change whose
 * answer has come before. Reads and renewals are repeated on other members; a change is sent once, and again only where it was
 * certainly not received; when its answer is lost, the error is `uncertain`.
 */
export class Etcd {
  readonly #calls: Calls;
  readonly #endpoints: readonly string[];

  /** @param environment where a password that is in a variable stands */
  constructor(settings: EtcdSettings, environment: NodeJS.ProcessEnv = process.env) {
    this.#calls = new Calls(settings, environment);
    this.#endpoints = this.#calls.members.order;
  }

  async get(key: string): Promise<Entry | undefined> {
    const body = { key: encoded(key) };
    const range = await this.#calls.call({ path: '/v3/kv/range', body, answer: RANGE, repeatable: true });
    return entriesOf(range)[0];
  }

  /** The keys with a prefix. An answer of more than 16 MB is refused; use `limit`. */
  async list(prefix: string, selection: Selection = {}): Promise<Listing> {
    const { limit = 0, keysOnly = false, newestFirst = false, from, at } = selection;
    if (newestFirst && from !== undefined) throw new TypeError('newestFirst and from exclude each other');
    const range = rangeOf(prefix);
    const body = {
      ...range,
      // The first key after it is the one with a NUL at its end.
      ...(from !== undefined && from >= prefix && { key: encoded(`${from}\0`) }),
      limit: String(limit),
      keys_only: keysOnly,
      ...(newestFirst && { sort_target: 'CREATE', sort_order: 'DESCEND' }),
      ...(at !== undefined && { revision: at }),
    };
    const answer = await this.#calls.call({ path: '/v3/kv/range', body, answer: RANGE, repeatable: true });
    return { entries: entriesOf(answer), revision: answer.header?.revision ?? '0', more: answer.more ?? false };
  }

  /** Carries out a transaction, whole or not at all. */
  async transact(transaction: Transaction): Promise<TransactionResult> {
    const body = transactionBody(transaction);
    const repeatable = onlyReads(transaction);
    return resultOf(await this.#calls.call({ path: '/v3/kv/txn', body, answer: TRANSACTION, repeatable }));
  }

  /**
   * Makes a lease. Count its time from before the call: it may have been made at any moment since.
   *
   * A repetition asks for the same lease, so it makes one at most.
   *
   * @param id of one that several share, who choose it: a positive number of 63 bits. One that is there stays as it is
   * @returns its id
   */
  async grant(ttlSeconds: number, id = newLease()): Promise<string> {
    const body = { ID: id, TTL: String(Math.ceil(ttlSeconds)) };
    try {
      return (await this.#calls.call({ path: '/v3/lease/grant', body, answer: GRANTED, repeatable: true })).ID;
    } catch (error) {
      // By an attempt whose answer was lost, or by another one of those who share it.
      if (error instanceof EtcdError && error.reason === 'lease') return id;
      throw error;
    }
  }

  /** Renews a lease. @returns for how many seconds from some moment of the call on; undefined when it has expired */
  async renew(lease: string): Promise<number | undefined> {
    const body = { ID: lease };
    const { result } = await this.#calls.call({ path: '/v3/lease/keepalive', body, answer: RENEWED, repeatable: true });
    const seconds = Number(result.TTL ?? 0);
    return seconds > 0 ? seconds : undefined;
  }

  /** How long a lease lasts; undefined when it has expired. */
  async timeToLive(lease: string): Promise<{ readonly grantedS: number; readonly remainingS: number } | undefined> {
    const body = { ID: lease };
    const call = { path: '/v3/lease/timetolive', body, answer: TIME_TO_LIVE, repeatable: true };
    const { TTL, grantedTTL } = await this.#calls.call(call);
    const remainingS = Number(TTL ?? 0);
    return remainingS < 0 || grantedTTL === undefined ? undefined : { grantedS: Number(grantedTTL), remainingS };
  }

  /** Ends a lease, and with it the keys that it has. One that has expired is as good. */
  async revoke(lease: string): Promise<void> {
    try {
      const body = { ID: lease };
      await this.#calls.call({ path: '/v3/lease/revoke', body, answer: REVOKED, repeatable: true });
    } catch (error) {
      if (!(error instanceof EtcdError && error.reason === 'lease')) throw error;
    }
  }

  /**
   * Follows the changes of the keys with a prefix until the signal fires. A stream that is lost goes on at another member after the last
   * revision that came; while no member answers, it keeps trying.
   *
   * @throws EtcdError `refused`, when we may not watch it
   */
  watch(prefix: string, watching: Watching): Promise<void> {
    return new Watch(this.#calls, prefix, watching).follow();
  }

  /** What each member says of itself, in the order of the configuration; one that does not answer is part of it. */
  status(): Promise<readonly MemberStatus[]> {
    return statusOfMembers(this.#calls, this.#endpoints);
  }

  /** How many members the cluster has, whichever of them are configured; undefined when none says. */
  size(): Promise<number | undefined> {
    return sizeOfCluster(this.#calls);
  }

  /** Gives up what is in progress, and closes all connections. */
  close(): Promise<void> {
    return this.#calls.close();
  }
}

/** Positive, and of 63 bits, so that no two are the same. */
function newLease(): string {
  return String(randomBytes(8).readBigUInt64BE() >> 1n || 1n);
}
