/**
 * Locks between processes and hosts, on local and network file systems.
 *
 * ```ts
 * const acquisition = await openLock('/shared/objects/main.o').acquire({ timeoutMs: 60_000 });
 * if (acquisition.kind === 'acquired') {
 *   try {
 *     await compile();
 *   } finally {
 *     acquisition.lock.release();
 *   }
 * }
 * ```
 *
 * @packageDocumentation
 */
export { isAbandoned, removeAbandoned } from './abandoned.js';
export { AGREEMENT_FILE, agreedStrategy, worksFrom } from './agreement.js';
export { appendLine, openToAppend } from './append-file.js';
export { createExclusively, readRegularFile, replaceAtomically } from './atomic-file.js';
export { describeHolder, explainNotice, removalCommand } from './describe.js';
export { namesIn, removeIfThere } from './directory-entries.js';
export { ensureDirectory } from './ensure-directory.js';
export { type EnvironmentSettings, settingsFromEnvironment } from './environment.js';
export { errorCode } from './error-code.js';
export { describeFilesystem, type Filesystem, filesystemOf } from './filesystem.js';
export { type Host, type ProcessFacts, thisHost } from './host.js';
export { InTheWay, kindOf, obstacleOf } from './in-the-way.js';
export { type KernelHold, probeKernelLock } from './kernel-lock-probe.js';
export { isShortName, LONGEST_NAME, pathBeside, shortName } from './lock-name.js';
export {
  type AcquireOptions,
  type Acquisition,
  type BreakOptions,
  type BreakResult,
  type HeldLock,
  type Inspection,
  LockError,
  type Notice,
  type ObjectLock,
} from './object-lock.js';
export { type OpenOptions, openLock, openStandingLock, type StandingLockKind } from './open-lock.js';
export {
  type Circumstances,
  formatOwner,
  type Judgement,
  judge,
  type Owner,
  parseOwner,
  type Sighting,
} from './owner.js';
export { pause } from './pause.js';
export { MeasuredClock, OWN_CLOCK, type ServerClock } from './server-clock.js';
export { DEFAULT_SETTINGS, type LockSettings } from './settings.js';
export { isStrategy, STRATEGIES, type Strategy } from './strategy.js';
export { temporaryName } from './temporary-name.js';
export { type PathWatch, watchPaths } from './watch.js';
