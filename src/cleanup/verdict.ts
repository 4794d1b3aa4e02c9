import type { Host } from '../host/host.js';
import { isThisHost } from '../host/host-name.js';
import type { Inspection, Judgement } from '../locks/index.js';
import { senselessRecord } from '../tables/messages.js';
import { isHostName, type RemoteAnswer } from './remote-host.js';

/** What is to become of a leftover, with half a sentence that says why. */
export type Verdict =
  | { readonly kind: 'stale'; readonly why: string }
  | Kept
  /** Another host has to be asked for the owner. */
  | { readonly kind: 'ask'; readonly host: string; readonly pid: number };

export interface Kept {
  readonly kind: 'in-use' | 'young' | 'unknown';
  readonly why: string;
  /** Nothing here or on another host will ever tell: only a person can clear it. */
  readonly forPerson?: boolean;
}

type Held = Extract<Inspection, { readonly kind: 'held' }>;

export interface LockCircumstances {
  /** By the clock of the file server, before any other host was asked. */
  readonly ageMs: number;
  /** A younger lock is left alone whatever became of its owner. */
  readonly minAgeMs: number;
  readonly here: Pick<Host, 'name' | 'fullName'>;
  /** What the owner's host has answered; undefined as long as it was not asked. */
  readonly answer: RemoteAnswer | undefined;
}

/** How much longer than the process of its pid a lock must exist to be another one's: ps(1) counts whole seconds. */
const ELAPSED_MARGIN_S = 60;

/**
 * Decides about a lock that stands. An owner on another host counts as dead only if that host says so.
 *
 * Age alone makes nothing stale but what has no owner record. A time stamp of the future is as old as it is far away.
 */
export function judgeLock({ owner, judgement }: Held, { ageMs, minAgeMs, here, answer }: LockCircumstances): Verdict {
  if (judgement.fate === 'alive') return { kind: 'in-use', why: judgement.why };
  if (Math.abs(ageMs) < minAgeMs) return { kind: 'young', why: `${seconds(ageMs)} old; ${judgement.why}` };
  if (judgement.fate === 'dead') return { kind: 'stale', why: judgement.why };
  if (owner === undefined) return { kind: 'unknown', why: judgement.why, forPerson: judgement.why === senselessRecord };
  if (owner.host === '') return { kind: 'unknown', why: judgement.why, forPerson: true };
  if (isThisHost(owner.host, here)) return { kind: 'unknown', why: judgement.why };
  const { host, pid } = owner;
  if (!isHostName(host)) return { kind: 'unknown', why: `${judgement.why}, which cannot be asked by ssh` };
  if (answer === undefined) return { kind: 'ask', host, pid };
  if (answer.kind === 'no-answer') return { kind: 'unknown', why: `${judgement.why}; ${answer.why}` };
  const fate = answer.fates.get(pid);
  if (fate === undefined) return { kind: 'unknown', why: `${host} did not report on its process` };
  if (fate.kind === 'absent') return { kind: 'stale', why: `on ${host}, its process no longer exists` };
  if (fate.elapsedS !== undefined && ageMs / 1000 > fate.elapsedS + ELAPSED_MARGIN_S) {
    return { kind: 'stale', why: `on ${host}, its pid belongs to a process that started after the lock was made` };
  }
  return { kind: 'in-use', why: `its process is running on ${host}` };
}

/** Whether the lock that a temporary is written under is held; `unseen` when holders on other hosts would not show. */
export type Hold = 'taken' | 'free' | 'unseen';

export interface TemporaryFacts {
  /** What became of the process in its name, if it is one of this host. */
  readonly process: Judgement;
  /** The lock of its target, looked at after the temporary was seen; `none` for what is written under no lock. */
  readonly hold: Hold | 'none';
  /** Since the last change, by the clock of the file server. */
  readonly ageMs: number;
  readonly minAgeMs: number;
  readonly network: boolean;
  /** Whether it can only be a temporary of a lock tool: by its long random part, or because its target is there. */
  readonly certain: boolean;
}

const HOUR_MS = 3_600_000;
/** For a file that is needed for an instant, under no lock: a process that still needs it is stopped, or its host is. */
const PASSING_MS = HOUR_MS;
/** No compiler or linker leaves its output unchanged for this long. */
const UNTOUCHED_MS = 24 * HOUR_MS;
/** NFS may show names of up to a minute ago (acdirmax). */
const NETWORK_MS = 120_000;

/**
 * Decides about a temporary. Its name tells a pid but no host, so that no such process lives here proves nothing in a
 * directory that other hosts or containers write to. What proves it is the lock: a temporary is made after its target's
 * lock was taken and is gone before the lock is given back. If a temporary is seen first, and its lock is then seen free,
 * it is orphaned.
 *
 * - taken, by any process, or stale but not cleaned up: the temporary may be the holder's.
 * - free: orphaned once it is old enough. It still stays while a process of its pid runs here: the lock may have been removed
 *   by force.
 * - unseen, since a flock(2) of another host does not show on a network file system, or since `T.lock` cannot be opened:
 *   orphaned after a day without a change.
 * - none: orphaned after an hour.
 */
export function judgeTemporary(facts: TemporaryFacts): Exclude<Verdict, { readonly kind: 'ask' }> {
  const { process, hold, ageMs, certain } = facts;
  if (hold === 'taken') return { kind: 'in-use', why: 'the lock of its target is held' };
  if (process.fate !== 'dead') return { kind: 'in-use', why: process.why };
  if (!certain) return { kind: 'unknown', why: 'only its name suggests that it belongs to a compile' };
  const leastMs = leastAgeMs(facts);
  if (Math.abs(ageMs) < leastMs) {
    const unseen = hold === 'unseen' ? ', and this host cannot see whether another host holds its lock' : '';
    return { kind: 'young', why: `changed ${seconds(ageMs)} ago${unseen}` };
  }
  return { kind: 'stale', why: hold === 'none' ? process.why : `${process.why}, and no process holds the lock` };
}

function leastAgeMs({ hold, network, minAgeMs }: TemporaryFacts): number {
  if (hold === 'none') return Math.max(minAgeMs, PASSING_MS);
  if (hold === 'unseen') return Math.max(minAgeMs, UNTOUCHED_MS);
  return network ? Math.max(minAgeMs, NETWORK_MS) : minAgeMs;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
