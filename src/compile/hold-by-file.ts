import {
  type AcquireOptions,
  formatOwner,
  type HeldLock,
  Leash,
  type Notice,
  type ObjectLock,
} from '../locks/index.js';
import { appendWait } from './contention-log.js';
import type { Hold, Produced } from './production.js';

/** How a lock of the file system is waited for. */
export interface HoldingByFile {
  readonly lock: ObjectLock;
  /** Fires when this process was told to stop. */
  readonly stop: AbortSignal;
  readonly onNotice: (notice: Notice) => void;
  /** Where waits are recorded; undefined for nowhere. */
  readonly log: string | undefined;
  /** Told when the record could not be written. */
  readonly onWarning: (text: string) => void;
}

/** Holds a lock of the file system. A person who removes it is noticed when it is given back. */
export function holdByFile({ lock, stop, onNotice, log, onWarning }: HoldingByFile): Hold {
  return async (work) => {
    const taken = await take(lock, { signal: stop, onNotice });
    if (taken === undefined) return { kind: 'interrupted', lock: 'not-held' };
    const begun = performance.now();
    const leash = Leash.make(taken.held.descriptor);
    let produced: Produced;
    try {
      produced = await work({ stop, ties: { leash } });
    } catch (error) {
      taken.held.release();
      throw error;
    } finally {
      leash.takeOff();
    }
    const released = taken.held.release();
    if (log !== undefined && taken.waited !== undefined) {
      const wait = { lock, ...taken.waited, heldMs: performance.now() - begun, now: Date.now() };
      const problem = appendWait(log, wait);
      if (problem !== undefined) onWarning(problem);
    }
    return { ...produced, lock: released };
  };
}

interface Taken {
  readonly held: HeldLock;
  /** Who held it at first, and for how long that was in our way; undefined when it was free. */
  readonly waited: { readonly owner: string | undefined; readonly waitedMs: number } | undefined;
}

/** Undefined when we are to stop. */
async function take(lock: ObjectLock, options: AcquireOptions): Promise<Taken | undefined> {
  if (options.signal?.aborted) return undefined;
  const free = lock.try();
  if (free !== undefined) return { held: free, waited: undefined };
  const holder = lock.inspect();
  const owner = holder.kind === 'held' && holder.owner !== undefined ? formatOwner(holder.owner) : undefined;
  const acquisition = await lock.acquire(options);
  if (acquisition.kind !== 'acquired') return undefined;
  return { held: acquisition.lock, waited: { owner, waitedMs: acquisition.waitedMs } };
}
