/**
 * What the other folders use of this one. What other programs use is `library.ts`.
 *
 * @packageDocumentation
 */

export { AGREEMENT_FILE, agreedStrategy, isWorldWritable, worksFrom } from './agreement.js';
export { MOST_SLOTS } from './arguments.js';
export { describeHolder, explainNotice, removalCommand } from './describe.js';
export { type EnvironmentSettings, settingsFromEnvironment } from './environment.js';
export { describeFilesystem, type Filesystem, filesystemOf } from './filesystem.js';
export { heldBy, RUNNING } from './held-by.js';
export { probeKernelLock } from './kernel-lock-probe.js';
export { Leash } from './leash.js';
export { isShortName, isTooLong, LONGEST_NAME, pathBeside, shortName } from './lock-name.js';
export { isOwnDirectory, lockPlaceOf, placeIn, targetIn } from './lock-place.js';
export {
  type AcquireOptions,
  type Acquisition,
  type BreakResult,
  type HeldLock,
  type Holder,
  type Inspection,
  LockError,
  type Notice,
  type ObjectLock,
} from './object-lock.js';
export { openLock, openStandingLock, type StandingLockKind } from './open-lock.js';
export {
  formatOwner,
  type Judgement,
  judge,
  type Owner,
} from './owner.js';
export type { LockSettings } from './settings.js';
export type { SharedAcquisition } from './share.js';
export { isStrategy, STRATEGIES, type Strategy } from './strategy.js';
export { acquireBesideSharers, acquireTogether } from './together.js';
