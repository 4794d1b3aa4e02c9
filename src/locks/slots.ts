import { performance } from 'node:perf_hooks';
import { checkAcquireOptions } from './arguments.js';
import {
  type AcquireOptions,
  type Acquisition,
  type BreakResult,
  type HeldLock,
  type Holder,
  type Inspection,
  LockError,
  type ObjectLock,
} from './object-lock.js';
import type { Shareable } from './open-lock.js';
import { acquireShared, type HeldShare, inDirectory, type SharedAcquisition } from './share.js';
import { waitFor } from './wait.js';

/** A waiter looks for dead holders among so many at a time; where the kernel holds locks, it hardly ever finds one. */
const LOOKED_AT = { kernel: 8, others: 100 };

/**
 * So many may hold a lock at once. Each of them shares it (see share.ts), so that one who wants it alone excludes them all, and has
 * besides one of the slots, `NAME.shared/slot1` and so on, each an ordinary lock.
 *
 * The slot comes first: who waits for one keeps nothing from others. Users who name different numbers have the first slots in
 * common, and each tries from its own last one on down, so that who may use fewer of them finds them free for longer.
 *
 * @throws LockError
 */
export function acquireSlot(
  shareable: Shareable,
  slots: number,
  options: AcquireOptions = {},
): Promise<SharedAcquisition> {
  checkAcquireOptions(options);
  return inDirectory(shareable, options, async (within, timed) => {
    const began = performance.now();
    const any = new AnySlot(within, slots);
    const slot = await any.acquire(timed);
    if (slot.kind !== 'acquired') return slot;
    let isIn = false;
    try {
      const timeoutMs = Math.max(timed.timeoutMs - (performance.now() - began), 0);
      const acquisition = await acquireShared(within, { ...timed, timeoutMs });
      if (acquisition.kind !== 'acquired') return acquisition;
      if (!slot.lock.isOurs()) {
        await acquisition.lock.release();
        throw new LockError(slot.lock.path, 'vanished while it was being made; try again', { code: 'vanished' });
      }
      isIn = true;
      return { ...acquisition, lock: new HeldSlot(slot.lock, any.number, acquisition.lock) };
    } finally {
      if (!isIn) slot.lock.release();
    }
  });
}

/** All slots as one lock: it is taken when each of them is. */
class AnySlot implements ObjectLock {
  readonly strategy;
  readonly target;
  readonly path: string;
  /** The one that was taken last. */
  number = 0;
  readonly #slots: readonly ObjectLock[];
  readonly #waiting: Shareable['waiting'];
  readonly #lookedAt: number;
  #next = 0;
  #dead: ObjectLock | undefined;

  constructor({ lock, directory, part, waiting, together }: Shareable, slots: number) {
    this.#lookedAt = 'kernel' in together ? LOOKED_AT.kernel : LOOKED_AT.others;
    this.strategy = lock.strategy;
    this.target = lock.target;
    this.path = `${directory}/slots`; // a name for the queue of those who wait
    this.#slots = Array.from({ length: slots }, (_, index) => part(`slot${index + 1}`));
    this.#waiting = { ...waiting, paths: this.#slots.map(({ path }) => path) };
  }

  try(): HeldLock | undefined {
    for (let index = this.#slots.length - 1; index >= 0; index--) {
      const held = this.#slots[index]?.try();
      if (held === undefined) continue;
      this.number = index + 1;
      return held;
    }
    return undefined;
  }

  async acquire(options?: AcquireOptions): Promise<Acquisition> {
    const acquisition = await waitFor(this, this.#waiting, options);
    if (acquisition.kind !== 'timed-out' || this.#slots.length <= this.#lookedAt) return acquisition;
    const lock = await this.#takeOfDead();
    return lock === undefined ? acquisition : { ...acquisition, kind: 'acquired', lock };
  }

  /** Where a wait without time for more has not looked at all of them. */
  async #takeOfDead(): Promise<HeldLock | undefined> {
    for (const slot of this.#slots) {
      const seen = slot.inspect();
      if (seen.kind === 'held' && seen.judgement.fate === 'dead' && (await slot.break()).kind === 'broken') {
        return this.try();
      }
    }
    return undefined;
  }

  /** A look at some, each time others, for one that a dead process has left or that is free. */
  inspect(): Inspection {
    const held: Holder[] = [];
    for (let count = Math.min(this.#lookedAt, this.#slots.length); count > 0; count--) {
      const slot = this.#slots[this.#next++ % this.#slots.length];
      const seen = slot?.inspect();
      if (slot === undefined || seen === undefined || seen.kind === 'free') return { kind: 'free' };
      this.#dead = seen.judgement.fate === 'dead' ? slot : undefined;
      if (this.#dead !== undefined) return seen;
      held.push({ owner: seen.owner, sinceMs: seen.sinceMs, judgement: seen.judgement, path: slot.path });
    }
    const [first] = held;
    if (first === undefined) return { kind: 'free' };
    const { owner, sinceMs, judgement } = held.find(({ judgement: { fate } }) => fate === 'alive') ?? first;
    return { kind: 'held', owner, sinceMs, judgement, sharers: held };
  }

  /** The dead one that the last look has found. */
  async break(): Promise<BreakResult> {
    return this.#dead?.break() ?? { kind: 'changed' };
  }
}

class HeldSlot implements HeldShare {
  readonly path: string;
  readonly slot: number;
  readonly #slot: HeldLock;
  readonly #share: HeldShare;
  #isHeld = true;

  constructor(slot: HeldLock, number: number, share: HeldShare) {
    this.path = slot.path;
    this.slot = number;
    this.#slot = slot;
    this.#share = share;
  }

  isOurs(): boolean {
    return this.#isHeld && this.#stands();
  }

  #stands(): boolean {
    return this.#slot.isOurs() && this.#share.isOurs();
  }

  /** The share first: the next one who gets the slot would have to wait for it. */
  async release(): Promise<'released' | 'lost'> {
    if (!this.#isHeld) return 'released';
    this.#isHeld = false;
    try {
      const isWhole = this.#stands();
      const share = await this.#share.release();
      return isWhole && this.#slot.release() === 'released' ? share : 'lost';
    } finally {
      this.#slot.release();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}
