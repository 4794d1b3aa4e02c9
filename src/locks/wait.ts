import { performance } from 'node:perf_hooks';
import { type PathWatch, watchPaths } from '../files/watch.js';
import { thisHost } from '../host/host.js';
import { pause } from '../host/pause.js';
import {
  FIRST_PAUSE_MS,
  LEFT_LYING_MS,
  LOOK_ACROSS_AT_LAST_MS,
  LOOK_ACROSS_MS,
  LOOK_AT_FIRST_MS,
} from '../tables/locks.js';
import { checkAcquireOptions } from './arguments.js';
import { PlaceInLine } from './line.js';
import type { AcquireOptions, Acquisition, ObjectLock } from './object-lock.js';
import { isQueueKnown, pauseOfFirst, Queue, type Turn } from './queue.js';

/** How a lock is waited for. */
export interface Waiting {
  readonly pollMs: number;
  readonly warnMs: number;
  readonly overdueMs: number;
  /** Whether inotify tells of changes in the directory. */
  readonly watched: boolean;
  /** What changes when another attempt may succeed, if that is not the lock's path; all in one directory. */
  readonly paths?: readonly string[];
}

/** Most waits for local locks are over before it pays to queue and to set up a watch. */
const QUEUE_AFTER_MS = 20;
/** setTimeout(3) takes no more. */
const LONGEST_PAUSE_MS = 2 ** 31 - 1;
/*
 * On a network file system an attempt is one request that the server decides. A look at the owner's record is several, and does harm
 * there: an SMB client keeps a file that it has read open for another second, and the server makes the owner, who wants to remove
 * it, wait for that; for as long the client answers each attempt of this host itself, that the file is there, so that the other
 * host gets the lock each time; an NFSv4 server gives the reader a delegation that has to be recalled first. So waiters that look
 * at each attempt keep the lock from being released, and then miss it. With the first look after 1 s, the longest wait of six
 * workers on two hosts was nine times the mean.
 */

/**
 * The wait loop of every strategy: attempt, remove the lock if its owner is dead, pause, again. Every decision is made
 * by an attempt; a watch only ends a pause early, so it does no harm when it misses something. The attempts are made in turn,
 * see {@link Queue}.
 */
export async function waitFor(
  lock: ObjectLock,
  waiting: Waiting,
  options: AcquireOptions | undefined,
): Promise<Acquisition> {
  if (options !== undefined) checkAcquireOptions(options);
  if (options?.signal?.aborted) return { kind: 'aborted', waitedMs: 0 };
  const began = performance.now();
  // No process overtakes those that wait already, but for one attempt where there is no time for more, or where a look at the queue
  // costs more than the lock: on a local file system.
  const queues = options?.timeoutMs !== 0 && !waiting.watched && isQueueKnown() && hasWaiters(lock);
  const held = queues ? undefined : lock.try();
  if (held !== undefined) return { kind: 'acquired', lock: held, waitedMs: 0 };
  return wait(lock, waiting, options ?? {}, { began, isTried: !queues });
}

function hasWaiters(lock: ObjectLock): boolean {
  const queue = queueOf(lock);
  const has = queue?.hasWaiters() === true;
  queue?.leave();
  return has;
}

function queueOf(lock: ObjectLock): Queue | undefined {
  return Queue.of(thisHost().name, lock.path);
}

interface Arrival {
  readonly began: number;
  /** Whether an attempt has just failed. */
  readonly isTried: boolean;
}

/** For a lock that was taken, or that others wait for. */
async function wait(
  lock: ObjectLock,
  { pollMs, warnMs, overdueMs, watched, paths = [lock.path] }: Waiting,
  { timeoutMs = Number.POSITIVE_INFINITY, signal, onNotice }: AcquireOptions,
  { began, isTried: wasTried }: Arrival,
): Promise<Acquisition> {
  const waited = (): number => performance.now() - began;
  let pauseMs = FIRST_PAUSE_MS;
  let nextWarningMs = warnMs;
  let lookAgainMs = LOOK_ACROSS_MS;
  let nextLookMs = watched ? 0 : LOOK_ACROSS_MS;
  let nextLookAtFirstMs = LOOK_AT_FIRST_MS;
  let watch: PathWatch | undefined;
  let isTried = wasTried;
  let isMyTurn = true;
  let attempts = 0;
  const place = new PlaceInQueue(lock);
  try {
    for (;;) {
      if (signal?.aborted) return { kind: 'aborted', waitedMs: waited() };
      if (!watched || waited() > QUEUE_AFTER_MS) place.take();
      const turn = place.turn(pollMs);
      // A look at the owner keeps it from releasing, so each new first waits with it as if it had just come.
      if (turn === 'first' && !isMyTurn) {
        lookAgainMs = LOOK_ACROSS_MS;
        nextLookMs = waited() + lookAgainMs;
      }
      isMyTurn = turn === 'first';
      let asks = turn === 'first' || (turn === 'impatient' && !watched) || waited() >= timeoutMs;
      if (!asks && watched && place.isNear && waited() >= nextLookAtFirstMs) {
        asks = await isLeftLying(lock, signal);
        nextLookAtFirstMs = waited() + LOOK_AT_FIRST_MS * place.before;
      }
      const held = isTried || !asks ? undefined : lock.try();
      isTried = false;
      if (held !== undefined) return { kind: 'acquired', lock: held, waitedMs: waited() };

      if (waited() >= Math.min(timeoutMs, nextWarningMs, asks ? nextLookMs : Number.POSITIVE_INFINITY)) {
        const holder = lock.inspect();
        lookAgainMs = Math.min(lookAgainMs * 2, LOOK_ACROSS_AT_LAST_MS);
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
      const isNear = isMyTurn || (place.isNear && place.before === 1);
      if (watched && watch === undefined && isNear && waited() > QUEUE_AFTER_MS) {
        watch = await watchPaths(paths);
        continue; // it may have changed before the watch began to look
      }
      if (!watched && isMyTurn) pauseMs = pauseOfFirst(waited(), attempts++, pollMs);
      const longestMs = Math.max(Math.min(timeoutMs, nextWarningMs) - waited(), 0);
      const thisMs = Math.min(isMyTurn ? pauseMs : place.pauseMs, longestMs, LONGEST_PAUSE_MS);
      await pause(thisMs, signal, place.isNear ? watch?.next() : place.next());
      if (watched) pauseMs = Math.min(pauseMs * 2, pollMs);
    }
  } finally {
    place.leave();
    await watch?.close();
  }
}

/** Whether a free lock stays free, because the processes whose turn it is hang. */
async function isLeftLying(lock: ObjectLock, signal: AbortSignal | undefined): Promise<boolean> {
  if (lock.inspect().kind !== 'free') return false;
  await pause(LEFT_LYING_MS, signal);
  return signal?.aborted !== true && lock.inspect().kind === 'free';
}

/** A place among all who wait for a lock: in this process, then on this host. */
class PlaceInQueue {
  readonly #lock: ObjectLock;
  #line: PlaceInLine | undefined;
  #queue: Queue | undefined;
  #hasJoined = false;

  constructor(lock: ObjectLock) {
    this.#lock = lock;
  }

  /** Harmless when it is taken. */
  take(): void {
    this.#line ??= PlaceInLine.enter(this.#lock.path);
    if (!this.#line.isNear || this.#hasJoined) return;
    this.#hasJoined = true;
    this.#queue = queueOf(this.#lock);
    this.#queue?.join();
  }

  /** Whether the queue of the host decides; else a waiter of this process does. */
  get isNear(): boolean {
    return this.#line?.isNear !== false;
  }

  turn(pollMs: number): Turn {
    if (!this.isNear) return 'not-yet';
    return this.#queue?.turn(performance.now(), pollMs) ?? 'first';
  }

  /** How many are before us, at most. */
  get before(): number {
    return this.#queue?.before ?? 1;
  }

  get pauseMs(): number {
    return this.isNear ? (this.#queue?.pauseMs ?? 0) : Number.POSITIVE_INFINITY;
  }

  next(): Promise<void> | undefined {
    return this.#line?.next();
  }

  leave(): void {
    this.#queue?.leave();
    this.#line?.leave();
  }
}
