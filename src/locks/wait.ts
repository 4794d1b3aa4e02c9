import { performance } from 'node:perf_hooks';
import { type PathWatch, watchPaths } from '../files/watch.js';
import { thisHost } from '../host/host.js';
import { pause } from '../host/pause.js';
import { checkAcquireOptions } from './arguments.js';
import type { AcquireOptions, Acquisition, ObjectLock } from './object-lock.js';
import { isQueueKnown, pauseOfFirst, Queue } from './queue.js';

/** How a lock is waited for. */
export interface Waiting {
  readonly pollMs: number;
  readonly warnMs: number;
  readonly overdueMs: number;
  /** Whether inotify tells of changes in the directory. */
  readonly watched: boolean;
}

/** Locks are mostly held for an instant or for long: begin with short pauses, then double up to the interval. */
const FIRST_PAUSE_MS = 1;
/** Most waits are over before a watch would be set up. */
const WATCH_AFTER_MS = 20;
/** How often somebody in the queue looks whether it is their turn: a system call. */
const TURN_POLL_MS = 20;
/**
 * When a waiter on a network file system first looks at the owner's record; then after twice the time, up to the limit.
 * An attempt is one request that the server decides. A look is several, and does harm there: an
 * SMB client keeps a file that it has read open for another second, and the server makes the owner, who wants to remove
 * it, wait for that; for as long the client answers each attempt of this host itself, that the file is there, so that the other
 * host gets the lock each time; an NFSv4 server gives the reader a delegation that has to be recalled first. So waiters that look
 * at each attempt keep the lock from being released, and then miss it. With the first look after 1 s, the longest wait of six
 * workers on two hosts was nine times the mean.
 */
const FIRST_LOOK_MS = 5000;
const LAST_LOOK_MS = 30_000;

/**
 * The wait loop of every strategy: attempt, remove the lock if its owner is dead, pause, again. Every decision is made
 * by an attempt; a watch only ends a pause early, so it does no harm when it misses something. On a network file system the
 * attempts are made in turn, see {@link Queue}.
 */
export async function waitFor(
  lock: ObjectLock,
  waiting: Waiting,
  options: AcquireOptions | undefined,
): Promise<Acquisition> {
  if (options !== undefined) checkAcquireOptions(options);
  if (options?.signal?.aborted) return { kind: 'aborted', waitedMs: 0 };
  const began = performance.now();
  const queueUp = (): Queue | undefined => (waiting.watched ? undefined : Queue.of(thisHost().name, lock.path));
  // Nobody overtakes those who wait already, but for one attempt where there is no time for more.
  let queue = options?.timeoutMs !== 0 && !waiting.watched && isQueueKnown() ? queueUp() : undefined;
  try {
    const queues = queue?.hasWaiters() === true;
    const held = queues ? undefined : lock.try();
    if (held !== undefined) return { kind: 'acquired', lock: held, waitedMs: 0 };
    queue ??= queueUp();
    queue?.join();
    return await wait(lock, waiting, options ?? {}, { began, queue, isTried: !queues });
  } finally {
    queue?.leave();
  }
}

interface Arrival {
  readonly began: number;
  readonly queue: Queue | undefined;
  /** Whether an attempt has just failed. */
  readonly isTried: boolean;
}

/** For a lock that was taken, or that others wait for. */
async function wait(
  lock: ObjectLock,
  { pollMs, warnMs, overdueMs, watched }: Waiting,
  { timeoutMs = Number.POSITIVE_INFINITY, signal, onNotice }: AcquireOptions,
  { began, queue, isTried: wasTried }: Arrival,
): Promise<Acquisition> {
  const waited = (): number => performance.now() - began;
  let pauseMs = FIRST_PAUSE_MS;
  let nextWarningMs = warnMs;
  let lookAgainMs = FIRST_LOOK_MS;
  let nextLookMs = watched ? 0 : FIRST_LOOK_MS;
  let watch: PathWatch | undefined;
  let isTried = wasTried;
  let isMyTurn = true;
  let attempts = 0;
  try {
    for (;;) {
      if (signal?.aborted) return { kind: 'aborted', waitedMs: waited() };
      const turn = queue?.turn(performance.now(), pollMs) ?? 'first';
      // A look at the owner keeps him from releasing, so each new first waits with it as if he had just come.
      if (turn === 'first' && !isMyTurn) {
        lookAgainMs = FIRST_LOOK_MS;
        nextLookMs = waited() + lookAgainMs;
      }
      isMyTurn = turn === 'first';
      const asks = turn !== 'not-yet' || waited() >= timeoutMs;
      const held = isTried || !asks ? undefined : lock.try();
      isTried = false;
      if (held !== undefined) return { kind: 'acquired', lock: held, waitedMs: waited() };

      if (waited() >= Math.min(timeoutMs, nextWarningMs, asks ? nextLookMs : Number.POSITIVE_INFINITY)) {
        const holder = lock.inspect();
        lookAgainMs = Math.min(lookAgainMs * 2, LAST_LOOK_MS);
        if (!watched) nextLookMs = waited() + lookAgainMs;
        if (holder.kind === 'held' && holder.judgement.fate === 'dead') {
          const { owner, judgement } = holder;
          const { kind } = await lock.break();
          if (kind === 'broken') onNotice?.({ kind: 'broke-stale', lock, owner, why: judgement.why });
          if (kind === 'broken') continue;
        }
        if (waited() >= timeoutMs) return { kind: 'timed-out', holder, waitedMs: waited() };
        if (waited() >= nextWarningMs) {
          nextWarningMs += warnMs;
          // A dead owner's lock that is still there could not be removed from here: that, too, takes a person.
          const escalated = waited() >= overdueMs && holder.kind === 'held' && holder.judgement.fate !== 'alive';
          onNotice?.({ kind: 'waiting', lock, holder, waitedMs: waited(), escalated });
        }
      }
      if (watched && watch === undefined && waited() > WATCH_AFTER_MS) {
        watch = await watchPaths([lock.path]);
        continue; // it may have changed before the watch began to look
      }
      if (!watched) pauseMs = isMyTurn ? pauseOfFirst(waited(), attempts++, pollMs) : TURN_POLL_MS;
      await pause(Math.min(pauseMs, Math.max(timeoutMs - waited(), 0)), signal, watch?.next());
      if (watched) pauseMs = Math.min(pauseMs * 2, pollMs);
    }
  } finally {
    await watch?.close();
  }
}
