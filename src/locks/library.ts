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
 * What each strategy promises, and what a fencing token protects: docs/library.md.
 *
 * @packageDocumentation
 */
import { existsSync } from 'node:fs';
import { checkOpenOptions, checkTarget } from './arguments.js';
import { type FoundPlace, isOwnDirectory, type LockPlace, lockPlaceOf } from './lock-place.js';
import type { ObjectLock } from './object-lock.js';
import { type OpenOptions, openLock as open } from './open-lock.js';
import type { Strategy } from './strategy.js';

export { describeHolder, explainNotice, removalCommand } from './describe.js';
export { type EnvironmentSettings, settingsFromEnvironment } from './environment.js';
export {
  type AcquireOptions,
  type Acquisition,
  type BreakOptions,
  type BreakResult,
  type HeldLock,
  type Inspection,
  LockError,
  type LockErrorCode,
  type Notice,
  type ObjectLock,
} from './object-lock.js';
export type { OpenOptions } from './open-lock.js';
export type { Judgement, Owner } from './owner.js';
export { DEFAULT_SETTINGS, type LockSettings } from './settings.js';
export { isStrategy, STRATEGIES, type Strategy } from './strategy.js';

/**
 * The lock of a target. Nothing is taken yet; with `auto` the choice of strategy may be written into the directory.
 *
 * All locks are advisory and not recursive: the same process excludes itself, too.
 *
 * @param target path of what is protected; its directory must exist, it need not
 * @throws LockError when the directory is missing, or others use a strategy in it that does not work from here
 * @throws TypeError, RangeError that name an argument which makes no sense
 */
export function openLock(target: string, options: OpenOptions = {}): ObjectLock {
  checkTarget(target);
  checkOpenOptions(options);
  const place = agreedPlace(target, options.strategy ?? 'auto');
  return open(target, { ...options, isOpened: false, ...(place === undefined ? {} : { place }) });
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
