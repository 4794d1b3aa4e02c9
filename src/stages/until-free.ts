import { basename } from 'node:path';
import { performance } from 'node:perf_hooks';
import { watchPaths } from '../files/watch.js';
import { pause } from '../host/pause.js';
import { filesystemOf } from '../locks/index.js';
import type { StepResult } from './protocol.js';
import { type Pulse, PulseWatches } from './pulse.js';
import { type FoundStageLock, readStageLock } from './stage-lock.js';

export type WaitResult =
  | Exclude<StepResult, { readonly kind: 'blocked' }>
  | { readonly kind: 'timed-out'; readonly locks: readonly WatchedLock[]; readonly waitedMs: number }
  /** A lock that no waiting will remove. */
  | { readonly kind: 'held'; readonly locks: readonly FoundStageLock[] };

/** A lock that was waited for, and what its time stamp showed meanwhile. */
export interface WatchedLock extends FoundStageLock {
  readonly pulse: Pulse;
}

/** Ends when one of these locks may have gone, or after so many milliseconds, or when the signal fires. */
export type UntilChange = (
  locks: readonly FoundStageLock[],
  remainingMs: number,
  signal: AbortSignal | undefined,
) => Promise<void>;

interface Waiting {
  readonly temporary: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Whether waiting can help against these locks. */
  readonly worthWaiting: (locks: readonly FoundStageLock[]) => boolean;
  /** Called with each look that finds locks in the way; the first begins the wait. */
  readonly onLook: (locks: readonly FoundStageLock[]) => void;
  /** For locks that are no files of that directory. */
  readonly untilChange?: UntilChange;
}

/** Where inotify reports the removal of a lock, polling only covers what it misses. */
const WATCHED_POLL_MS = 10_000;
/**
 * How long a lock that was named and is not there when we look is tried again at once, in milliseconds, and the longest
 * pause after that. A lock that has just gone is the rule; a directory that names what is not there (a stale cache, a damaged
 * file system) may go on like that for ever.
 */
const GONE_MS = 100;
const LONGEST_UNSEEN_MS = 1000;
/** A stage takes seconds at least; asking a file server more often would gain nothing. */
const NETWORK_POLL_MS = 1000;

/**
 * Repeats a step of the protocol until it is not blocked any more, or time is up. The step itself decides each time;
 * inotify on a local file system, and the clock elsewhere, only say when to try again.
 */
export async function untilFree(attempt: () => Promise<StepResult>, waiting: Waiting): Promise<WaitResult> {
  const { timeoutMs, signal, temporary } = waiting;
  const began = performance.now();
  const pulses = new PulseWatches();
  const change: UntilChange =
    waiting.untilChange ?? ((locks, leftMs, stop) => untilFileChange(temporary, locks, leftMs, stop));
  let unseenSince: number | undefined;
  for (;;) {
    const result = await attempt();
    if (result.kind !== 'blocked') return result;
    const { locks } = result;
    if (locks.length === 0) {
      const now = performance.now();
      unseenSince ??= now;
      const leftMs = timeoutMs - (now - began);
      const unseenMs = now - unseenSince;
      if (unseenMs > GONE_MS && leftMs <= 0) {
        return { kind: 'timed-out', locks: result.paths.map(unseen), waitedMs: now - began };
      }
      if (signal?.aborted) return { kind: 'aborted' };
      // Mostly it has gone between the refusal and our look.
      await pause(unseenMs < GONE_MS ? 1 : Math.min(unseenMs, LONGEST_UNSEEN_MS, Math.max(leftMs, 1)), signal);
      continue;
    }
    unseenSince = undefined;
    if (!waiting.worthWaiting(locks)) return { kind: 'held', locks };
    waiting.onLook(locks);
    const waitedMs = performance.now() - began;
    const watched = locks.map((lock) => ({ ...lock, pulse: pulses.see(lock, performance.now()) }));
    if (waitedMs >= timeoutMs) return { kind: 'timed-out', locks: watched, waitedMs };
    if (signal?.aborted) return { kind: 'aborted' };
    await change(locks, timeoutMs - waitedMs, signal);
  }
}

/** A lock of which only its directory tells. */
function unseen(path: string): WatchedLock {
  return { path, name: basename(path), record: undefined, touchedMs: 0, pulse: { kind: 'unknown' } };
}

async function untilFileChange(
  temporary: string,
  locks: readonly FoundStageLock[],
  remainingMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (filesystemOf(temporary).reach === 'network') {
    await pause(Math.min(NETWORK_POLL_MS, remainingMs), signal);
    return;
  }
  const watch = await watchPaths(locks.map((lock) => lock.path));
  const end = performance.now() + Math.min(remainingMs, WATCHED_POLL_MS * 6);
  try {
    // Whatever changed before the watch began to look is seen here, what changes later by the watch. A heartbeat is a
    // change, too, and no news: only a lock that is gone ends the wait.
    while (
      locks.every((lock) => readStageLock(lock.path) !== undefined) &&
      performance.now() < end &&
      !signal?.aborted
    ) {
      await pause(Math.min(WATCHED_POLL_MS, end - performance.now()), signal, watch.next());
    }
  } finally {
    await watch.close();
  }
}
