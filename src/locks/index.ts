/**
 * What the other folders use of this one: the locks, and files that several processes share. What other programs use is
 * `library.ts`.
 *
 * @packageDocumentation
 */
export { isAbandoned, removeAbandoned } from './abandoned.js';
export { AGREEMENT_FILE, agreedStrategy, isEverybodys, worksFrom } from './agreement.js';
export { appendLine, openToAppend } from './append-file.js';
export { createExclusively, readEnds, readRegularFile, replaceAtomically, replaceInPieces } from './atomic-file.js';
export { describeHolder, explainNotice, removalCommand } from './describe.js';
export { namesIn, removeIfThere } from './directory-entries.js';
export { ensureDirectory } from './ensure-directory.js';
export { type EnvironmentSettings, settingsFromEnvironment } from './environment.js';
export { errorCode } from './error-code.js';
export { readPart } from './file-part.js';
export { describeFilesystem, type Filesystem, filesystemOf } from './filesystem.js';
export { type Host, type ProcessFacts, thisHost } from './host.js';
export { isThisHost } from './host-name.js';
export { InTheWay, kindOf, obstacleOf } from './in-the-way.js';
export { probeKernelLock } from './kernel-lock-probe.js';
export { Leash } from './leash.js';
export { isShortName, isTooLong, LONGEST_NAME, pathBeside, shortName } from './lock-name.js';
export { isOwnDirectory, lockPlaceOf, placeIn, targetIn } from './lock-place.js';
export {
  type AcquireOptions,
  type Acquisition,
  type BreakResult,
  type HeldLock,
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
  SENSELESS,
} from './owner.js';
export { pause } from './pause.js';
export { remainsOfMany } from './remains.js';
export { MeasuredClock, OWN_CLOCK, type ServerClock } from './server-clock.js';
export type { LockSettings } from './settings.js';
export { isStrategy, STRATEGIES, type Strategy } from './strategy.js';
export { temporaryName } from './temporary-name.js';
export { watchPaths } from './watch.js';
