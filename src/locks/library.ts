/**
 * Locks between processes and hosts, on local and network file systems.
 *
 * ```ts
 * const acquisition = await openLock('/shared/objects/main.o').acquire({ timeoutMs: 60_000 });
 * if (acquisition.kind === 'acquired') {
 *   using lock = acquisition.lock; // released at the end of this block
 *   await compile();
 * }
 * ```
 *
 * `openLock(…).acquireShared()` holds it together with others, {@link openSlots} with so many at most.
 *
 * What each strategy promises, and what a fencing token protects: docs/library.md.
 *
 * @packageDocumentation
 */
import { existsSync } from 'node:fs';
import { acquireAlone } from './alone.js';
import { checkAcquireOptions, checkOpenOptions, checkSlots, checkTarget } from './arguments.js';
import { type FoundPlace, isOwnDirectory, type LockPlace, lockPlaceOf } from './lock-place.js';
import type { AcquireOptions, Inspection, ObjectLock } from './object-lock.js';
import { type OpenOptions, openShareable, type Shareable } from './open-lock.js';
import { acquireShared, type SharedAcquisition, takeTurn } from './share.js';
import { acquireSlot } from './slots.js';
import type { Strategy } from './strategy.js';

export { describeHolder, explainNotice, removalCommand } from './describe.js';
export { type EnvironmentSettings, settingsFromEnvironment } from './environment.js';
export {
  type AcquireOptions,
  type Acquisition,
  type BreakOptions,
  type BreakResult,
  type HeldLock,
  type Holder,
  type Inspection,
  LockError,
  type LockErrorCode,
  type Notice,
  type ObjectLock,
} from './object-lock.js';
export type { OpenOptions } from './open-lock.js';
export type { Judgement, Owner } from './owner.js';
export { DEFAULT_SETTINGS, type LockSettings } from './settings.js';
export type { HeldShare, SharedAcquisition } from './share.js';
export { isStrategy, STRATEGIES, type Strategy } from './strategy.js';

/** A lock that one process may hold alone, or several together. */
export interface ShareableLock extends ObjectLock {
  /**
   * Attempts until this process holds the lock together with others who do so, and with none that holds it alone. Who waits to have it
   * alone comes before those who come later to share it.
   *
   * @throws LockError as {@link ObjectLock.try} does
   */
  acquireShared(options?: AcquireOptions): Promise<SharedAcquisition>;
}

/** A lock that so many processes may hold together. */
export interface Slots {
  readonly strategy: Strategy;
  readonly target: string;
  readonly slots: number;
  /**
   * Attempts until this process has one of the slots.
   *
   * @throws LockError as {@link ObjectLock.try} does
   */
  acquire(options?: AcquireOptions): Promise<SharedAcquisition>;
  /** Who holds the lock, whether with a slot, together with others or alone. Changes nothing. */
  inspect(): Inspection;
}

/**
 * The lock of a target. Nothing is taken yet; with `auto` the choice of strategy may be written into the directory.
 *
 * All locks are advisory and not recursive: the same process excludes itself, too.
 *
 * @param target path of what is protected; its directory must exist, it need not
 * @throws LockError when the directory is missing, or others use a strategy in it that does not work from here
 * @throws TypeError, RangeError that name an argument which makes no sense
 */
export function openLock(target: string, options: OpenOptions = {}): ShareableLock {
  const shareable = open(target, options);
  const { lock, directory } = shareable;
  return {
    strategy: lock.strategy,
    target: lock.target,
    path: lock.path,
    try: () => lock.try(),
    acquire: async (acquireOptions = {}) => {
      checkAcquireOptions(acquireOptions);
      return acquireAlone(lock, directory, (over) => takeTurn(shareable, over), acquireOptions);
    },
    acquireShared: async (acquireOptions) => acquireShared(shareable, acquireOptions),
    inspect: () => lock.inspect(),
    break: (breakOptions) => lock.break(breakOptions),
  };
}

/**
 * The lock of a target for at most so many processes at once, which share it: {@link openLock} of the same target excludes them all. Users who
 * name different numbers have the first slots in common.
 *
 * @param slots from 1 to 1000
 * @throws as {@link openLock}
 */
export function openSlots(target: string, slots: number, options: Omit<OpenOptions, 'fencing'> = {}): Slots {
  checkSlots(slots);
  const shareable = open(target, options);
  const { lock } = shareable;
  return {
    strategy: lock.strategy,
    target: lock.target,
    slots,
    acquire: async (acquireOptions) => acquireSlot(shareable, slots, acquireOptions),
    inspect: () => lock.inspect(),
  };
}

function open(target: string, options: OpenOptions): Shareable {
  checkTarget(target);
  checkOpenOptions(options);
  const place = agreedPlace(target, options.strategy ?? 'auto');
  return openShareable(target, { ...options, isOpened: false, ...(place === undefined ? {} : { place }) });
}

/**
 * The directory of locks that the agreement of the target's directory, or of one above it, names: ct-lock-helper keeps them there, too.
 * Undefined for beside the target; also in a directory that all users may write to, where a lock of the library is for all users.
 */
function agreedPlace(target: string, chosen: Strategy | 'auto'): LockPlace | undefined {
  const find = (make: boolean): FoundPlace => lockPlaceOf(target, { environment: {}, chosen, make });
  const place = find(false);
  if ('problem' in place || isOwnDirectory(place.directory)) return undefined;
  const found = existsSync(place.directory) ? place : find(true);
  return 'problem' in found ? undefined : found;
}
