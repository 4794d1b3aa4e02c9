import type { EtcdError } from '../../etcd/error.js';
import type { MemberStatus } from '../../etcd/member-status.js';

/** The result of a test of etcd, or why it could not be made. */
export type Attempt<T> =
  | ({ readonly kind: 'done' } & T)
  | { readonly kind: 'failed'; readonly reason: EtcdError['reason']; readonly why: string };

/** What a run does with keys. */
export type Right = 'put' | 'get' | 'list' | 'watch' | 'delete';

/** So many calls, one after the other. */
export interface Pace {
  readonly calls: number;
  readonly medianMs: number;
  readonly longestMs: number;
}

/** Several clients want to make one key. */
export interface KeyRace {
  readonly clients: number;
  /** Those that made it. */
  readonly made: number;
}

/** A lease that is not renewed, and one that is. */
export interface Expiry {
  readonly askedS: number;
  /** Etcd makes no shorter ones than its elections take. */
  readonly grantedS: number;
  /** How long after it was asked for the key of the first one was gone, in milliseconds; null if not in time. */
  readonly goneMs: number | null;
  /** Whether the key of the second one was still there by then. */
  readonly renewedLasts: boolean;
}

/** What a run can still do whose lease has expired. */
export interface Afterwards {
  /** Whether a renewal brought it back. */
  readonly renews: boolean;
  /** Whether its change was carried out. */
  readonly changes: boolean;
}

export type EtcdFinding =
  | { readonly check: 'member'; readonly result: MemberStatus }
  | { readonly check: 'lease'; readonly result: Attempt<object> }
  | { readonly check: Right; readonly result: Attempt<object> }
  | { readonly check: 'exclusive create'; readonly result: Attempt<KeyRace> }
  | { readonly check: 'reads' | 'changes'; readonly result: Attempt<Pace> }
  | { readonly check: 'expiry'; readonly result: Attempt<Expiry> }
  | { readonly check: 'after expiry'; readonly result: Attempt<Afterwards> };

/** What is asked of etcd once, besides its members. */
export interface ClusterFacts {
  /** How many members it has; undefined when none says. */
  readonly size: number | undefined;
}
