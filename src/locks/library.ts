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
import { checkOpenOptions, checkTarget } from './arguments.js';
import type { ObjectLock } from './object-lock.js';
import { type OpenOptions, openLock as open } from './open-lock.js';

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
  return open(target, { ...options, isOpened: false });
}
