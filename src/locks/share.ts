import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { thisHost } from '../host/host.js';
import { pause } from '../host/pause.js';
import { LOOK_ACROSS_MS } from '../tables/locks.js';
import { checkAcquireOptions } from './arguments.js';
import { WAITS_ALONE } from './held-by.js';
import {
  type AcquireOptions,
  type Acquisition,
  type BreakResult,
  type HeldLock,
  type Inspection,
  LockError,
  type Notice,
  type ObjectLock,
} from './object-lock.js';
import type { Shareable } from './open-lock.js';
import { isStopped } from './queue.js';
import { makeSharedDirectory, type Sharers } from './sharers.js';
import { type Waiting, waitFor } from './wait.js';

/*
 * A lock that many may hold together, or one alone.
 *
 * Those who share it hold the lock itself together, the very one that a process takes which wants it alone. So one that knows
 * nothing of sharing is excluded, too, and who takes a lock alone does nothing else than before. With the strategies of the kernel that is a
 * shared lock (LOCK_SH), as flock -s takes it; with those that make something in the directory see {@link Sharers}.
 *
 * Who waits holds the turn, `NAME.shared/turn`, an ordinary lock: to come in takes it for an instant, and who waits to have the lock alone
 * keeps it until then. So later sharers wait behind, and the others leave at some time. A turn of a dead process is removed as any lock.
 * The turn is about the order only: who is in, the lock itself decides.
 */

/** A share of a lock, until it is released or we die. `await using` releases it, too. */
export interface HeldShare extends AsyncDisposable {
  readonly path: string;
  /** Which of the slots this is, from 1 on; undefined of a lock without. */
  readonly slot: number | undefined;
  /** As {@link HeldLock.isOurs}. */
  isOurs(): boolean;
  /**
   * Gives the share back. A second call does nothing.
   *
   * @returns `lost` when another process had removed it, or the lock itself, by force meanwhile
   */
  release(): Promise<'released' | 'lost'>;
}

export type SharedAcquisition =
  | { readonly kind: 'acquired'; readonly lock: HeldShare; readonly waitedMs: number }
  | Exclude<Acquisition, { readonly kind: 'acquired' }>;

const TURN = 'turn';
/** For so long those who come in at the same moment wait for each other, even if they are not to wait. */
const INSTANT_MS = 1000;
const INSTANT_PAUSE_MS = 5;
/** How often one who waits for the turn looks around, on a local file system. */
const LOOK_HERE_MS = 500;
/** So often a person may remove the directory of a lock while it is waited for. */
const MOST_REMOVALS = 10;

/** Attempts until this process holds the lock together with others, or the time is over. */
export function acquireShared(shareable: Shareable, options: AcquireOptions = {}): Promise<SharedAcquisition> {
  checkAcquireOptions(options);
  return inDirectory(shareable, options, enter);
}

/** Does what takes the directory of those who share. A person may remove that meanwhile: then it is made again. */
export async function inDirectory(
  shareable: Shareable,
  { timeoutMs = Number.POSITIVE_INFINITY, ...options }: AcquireOptions,
  act: (shareable: Shareable, options: Timed) => Promise<SharedAcquisition>,
): Promise<SharedAcquisition> {
  const began = performance.now();
  for (let removals = 0; ; removals++) {
    makeSharedDirectory(shareable.directory, shareable.lock.target);
    const waitedMs = performance.now() - began;
    try {
      const acquisition = await act(shareable, { ...options, timeoutMs: Math.max(timeoutMs - waitedMs, 0) });
      return { ...acquisition, waitedMs: performance.now() - began };
    } catch (error) {
      if (removals === MOST_REMOVALS || !isRemoved(error, shareable.directory)) throw error;
    }
  }
}

function isRemoved(error: unknown, directory: string): boolean {
  const isOfDirectory = error instanceof LockError && (error.code === 'no-directory' || error.code === 'vanished');
  return isOfDirectory && existsSync(dirname(directory));
}

type Timed = AcquireOptions & { readonly timeoutMs: number };

async function enter(shareable: Shareable, options: Timed): Promise<SharedAcquisition> {
  const began = performance.now();
  const waited = (): number => performance.now() - began;
  const { timeoutMs } = options;
  const patienceMs = Math.max(timeoutMs, INSTANT_MS);
  const turn = await turnUnlessStopped(shareable, { ...options, timeoutMs: patienceMs });
  if (turn.kind === 'timed-out') return { ...turn, holder: holderOf(shareable, turn.holder) };
  if (turn.kind === 'aborted' && options.signal?.aborted) return turn;
  try {
    const entrance = entranceOf(shareable);
    for (;;) {
      const acquisition = await entrance.acquire({ ...options, timeoutMs: Math.max(timeoutMs - waited(), 0) });
      if (acquisition.kind === 'acquired') return { ...acquisition, lock: entrance.share(acquisition.lock) };
      // Others who come and go stand in the way for an instant only.
      const isInstant = acquisition.kind === 'timed-out' && entrance.isCrowded && waited() < patienceMs;
      if (!isInstant) return acquisition;
      await pause(INSTANT_PAUSE_MS, options.signal);
    }
  } finally {
    if (turn.kind === 'acquired') turn.lock.release();
  }
}

/**
 * Waits for the turn, and looks meanwhile at what its holder cannot know: only a process of the same host can tell that one who holds the
 * lock itself is dead.
 *
 * @returns `aborted` also when who has the turn is stopped, by Ctrl-Z say: then the order is for others to keep
 */
async function turnUnlessStopped(shareable: Shareable, options: Timed): Promise<Acquisition> {
  const turn = turnOf(shareable);
  const skip = new AbortController();
  const stop = (): void => skip.abort();
  options.signal?.addEventListener('abort', stop, { once: true });
  if (options.signal?.aborted) stop();
  let isClearing = false;
  const look = async (): Promise<void> => {
    if (isHolderStopped(turn)) stop();
    if (isClearing) return;
    isClearing = true;
    await clearDead(shareable);
    isClearing = false;
  };
  // A look keeps others from releasing what they hold, on a file server.
  const timer = setInterval(() => void look(), shareable.waiting.watched ? LOOK_HERE_MS : LOOK_ACROSS_MS);
  try {
    return await turn.acquire({ ...options, ...noticesOf(shareable, options), signal: skip.signal });
  } finally {
    clearInterval(timer);
    options.signal?.removeEventListener('abort', stop);
  }
}

/** What cannot be removed from here keeps others waiting, and they report it. */
async function clearDead({ lock, together }: Shareable): Promise<void> {
  try {
    if ('sharers' in together) await together.sharers.clearDead();
    const seen = lock.inspect();
    if (seen.kind === 'held' && seen.judgement.fate === 'dead') await lock.break();
  } catch {
    // Full, or not ours to write; who acquires the lock is the one who has to know.
  }
}

function isHolderStopped(lock: ObjectLock): boolean {
  const seen = seenOf(lock);
  const owner = seen?.kind === 'held' ? seen.owner : undefined;
  return owner?.host === thisHost().name && isStopped(owner.pid);
}

/** Undefined where it cannot be looked at; its acquisition says why. */
function seenOf(lock: ObjectLock): Inspection | undefined {
  try {
    return lock.inspect();
  } catch {
    return undefined;
  }
}

/**
 * The turn, for one who waits to have the lock alone.
 *
 * @returns undefined when the signal has fired, or where it cannot be acquired: then others may overtake, and nothing else
 */
export async function takeTurn(shareable: Shareable, over: AbortSignal): Promise<HeldLock | undefined> {
  try {
    const acquisition = await turnOf(shareable).acquire({ signal: over });
    return acquisition.kind === 'acquired' ? acquisition.lock : undefined;
  } catch {
    return undefined;
  }
}

function turnOf({ part }: Shareable): ObjectLock {
  return part(TURN);
}

/** Of who waits for the turn: a person is to know who has the lock, and of the turn only when its holder may be gone. */
function noticesOf(shareable: Shareable, { onNotice }: AcquireOptions): Pick<AcquireOptions, 'onNotice'> {
  if (onNotice === undefined) return {};
  return {
    onNotice: (notice: Notice) => {
      if (notice.kind !== 'waiting' || notice.escalated) return onNotice(notice);
      onNotice({ ...notice, lock: shareable.lock, holder: holderOf(shareable, notice.holder) });
    },
  };
}

/** Who is in the way of one who waits for the turn: who holds the lock, or else who is next. */
function holderOf(shareable: Shareable, next: Inspection): Inspection {
  if (next.kind === 'held' && next.judgement.fate !== 'alive') return withPath(next, turnOf(shareable).path);
  const holder = shareable.lock.inspect();
  if (holder.kind === 'free' || next.kind === 'free') return next;
  if (holder.sharers === undefined) return holder;
  return { ...next, judgement: { fate: 'alive', why: WAITS_ALONE } };
}

/** That a person can remove what is not the lock itself. */
function withPath(held: Extract<Inspection, { readonly kind: 'held' }>, path: string): Inspection {
  const { owner, sinceMs, judgement } = held;
  return { ...held, sharers: [{ owner, sinceMs, judgement, path }] };
}

/** The way in, as a lock that can be waited for. */
interface Entrance extends Pick<ObjectLock, 'acquire'> {
  /** Whether the last attempt failed only because another one was coming or going at that moment. */
  readonly isCrowded: boolean;
  share(held: HeldLock): HeldShare;
}

function entranceOf({ lock, together, waiting }: Shareable): Entrance {
  if ('sharers' in together) return new Doorway(lock, together.sharers, waiting);
  const { kernel } = together;
  return {
    isCrowded: false,
    acquire: (options) => kernel.acquire(options),
    share: (held) => new Share(held, async () => releaseOf(held)),
  };
}

/** Also when its file was removed: then others hold one of the same name. */
function releaseOf(held: HeldLock): 'released' | 'lost' {
  const isOurs = held.isOurs();
  const end = held.release();
  return isOurs ? end : 'lost';
}

class Doorway implements ObjectLock, Entrance {
  readonly strategy;
  readonly target;
  readonly path;
  readonly #lock: ObjectLock;
  readonly #sharers: Sharers;
  readonly #waiting: Waiting;
  isCrowded = false;

  constructor(lock: ObjectLock, sharers: Sharers, waiting: Waiting) {
    this.strategy = lock.strategy;
    this.target = lock.target;
    this.path = lock.path;
    this.#lock = lock;
    this.#sharers = sharers;
    this.#waiting = waiting;
  }

  try(): HeldLock | undefined {
    const entered = this.#sharers.enter();
    this.isCrowded = entered === 'not-now';
    return entered === 'not-now' ? undefined : entered;
  }

  acquire(options?: AcquireOptions): Promise<Acquisition> {
    return waitFor(this, this.#waiting, options);
  }

  /** Who stands in the door, or holds the lock alone. What others hold together is no obstacle. */
  inspect(): Inspection {
    const { door } = this.#sharers;
    const inDoor = this.isCrowded ? door.inspect() : undefined;
    if (inDoor?.kind === 'held') return withPath(inDoor, door.path);
    const holder = this.#lock.inspect();
    return holder.kind === 'held' && holder.sharers !== undefined ? { kind: 'free' } : holder;
  }

  async break(): Promise<BreakResult> {
    const { door } = this.#sharers;
    const seen = door.inspect();
    return seen.kind === 'held' && seen.judgement.fate === 'dead' ? door.break() : this.#lock.break();
  }

  share(held: HeldLock): HeldShare {
    return new Share(held, () => this.#sharers.leave(held));
  }
}

class Share implements HeldShare {
  readonly path: string;
  readonly slot = undefined;
  readonly #held: HeldLock;
  readonly #leave: () => Promise<'released' | 'lost'>;
  #isHeld = true;

  constructor(held: HeldLock, leave: () => Promise<'released' | 'lost'>) {
    this.path = held.path;
    this.#held = held;
    this.#leave = leave;
  }

  isOurs(): boolean {
    return this.#isHeld && this.#held.isOurs();
  }

  async release(): Promise<'released' | 'lost'> {
    if (!this.#isHeld) return 'released';
    this.#isHeld = false;
    return this.#leave();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}
