import { acquireAlone } from './alone.js';
import type { AcquireOptions, Acquisition, ObjectLock } from './object-lock.js';
import { type OpenOptions, openShareable } from './open-lock.js';
import type { SharedAcquisition } from './share.js';
import { sharedDirectory } from './sharers.js';

/*
 * What the other folders use of shared locks. The code is loaded when it is needed: most commands run under a lock that was never shared.
 */

/** How a lock is held with others: by any number of them, or by so many at most. */
export interface Togetherness {
  readonly slots: number | undefined;
}

/** @throws LockError */
export async function acquireTogether(
  target: string,
  { slots }: Togetherness,
  openOptions: OpenOptions,
  options: AcquireOptions,
): Promise<SharedAcquisition> {
  const shareable = openShareable(target, openOptions);
  if (slots === undefined) return (await import('./share.js')).acquireShared(shareable, options);
  return (await import('./slots.js')).acquireSlot(shareable, slots, options);
}

/**
 * As `lock.acquire()`, for a lock that others may share: those who come later do not overtake.
 *
 * @param lock beside its target
 * @throws LockError
 */
export function acquireBesideSharers(lock: ObjectLock, options: AcquireOptions): Promise<Acquisition> {
  const takeTurn = async (over: AbortSignal) =>
    (await import('./share.js')).takeTurn(openShareable(lock.target, { strategy: lock.strategy }), over);
  return acquireAlone(lock, sharedDirectory(lock.target), takeTurn, options);
}
