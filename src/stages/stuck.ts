import type { Judgement } from '../locks/index.js';
import type { PastRun } from './history.js';
import type { FoundStageLock } from './stage-lock.js';

/** A live run renews its lock each half minute; clocks of hosts differ. In milliseconds. */
const SILENT_MS = 10 * 60_000;
/** Of the past runs of a build, the longest of so many is what is usual. */
const LOOKED_AT = 20;
const TIMES_LONGER = 3;
/** Less is no reason to call a person, however short the runs are usually. */
export const LEAST_MS = 30 * 60_000;

/** Why a build will not go on by itself. */
export type Stuck =
  | { readonly kind: 'dead-lock'; readonly lock: FoundStageLock }
  /** The run has gone on for so long. */
  | { readonly kind: 'long-run'; readonly lock: FoundStageLock; readonly ms: number };

/** A lock that was in the way, with what is known of it. */
export interface JudgedLock {
  readonly lock: FoundStageLock;
  readonly fate: Judgement['fate'];
  /** The past runs of its build, oldest first; none where they are not known. */
  readonly past: readonly PastRun[];
}

/** The first lock that will not go by itself, as far as this host can tell: of a dead run, or of one that takes far longer than usual. */
export function stuckOn(locks: readonly JudgedLock[], nowMs: number): Stuck | undefined {
  const dead = locks.find(({ lock, fate }) => fate === 'dead' || (fate === 'unknown' && isSilent(lock, nowMs)));
  if (dead !== undefined) return { kind: 'dead-lock', lock: dead.lock };
  for (const { lock, past } of locks) {
    const ms = nowMs - Date.parse(lock.record?.since ?? '');
    if (isFarLonger(ms, past)) return { kind: 'long-run', lock, ms };
  }
  return undefined;
}

/** Whether a run that has gone on for so long takes far longer than the runs of its build usually do. */
export function isFarLonger(ms: number, past: readonly PastRun[]): boolean {
  const durations = past.flatMap(({ begun, ended }) =>
    ended === undefined ? [] : [Date.parse(ended) - Date.parse(begun)],
  );
  if (durations.length === 0) return false;
  const longest = Math.max(...durations.slice(-LOOKED_AT));
  return ms > Math.max(TIMES_LONGER * longest, LEAST_MS);
}

/** No record tells nothing of its owner, but a person who made it by hand knows of it. */
function isSilent({ record, touchedMs }: FoundStageLock, nowMs: number): boolean {
  return record === undefined || nowMs - touchedMs > SILENT_MS;
}
