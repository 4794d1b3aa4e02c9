import { isBuildName, isStageName } from '../config/names.js';

/** The lock of a whole run. */
export const RUNNING = 'running';
/** The lock of the update stage; secondaries wait for it to go. */
export const UPDATE = 'update';

/**
 * The name of the lock that a secondary puts into its primary's directory.
 *
 * @throws when the name could lead anywhere else, which the configuration has ruled out already
 */
export function secondaryLockName(build: string): string {
  if (!isBuildName(build)) throw new Error(`not a build name: ${JSON.stringify(build)}`);
  return `${RUNNING}.${build}`;
}

/** The secondary that a lock file of a primary's directory belongs to; undefined when it belongs to none. */
export function secondaryOf(fileName: string): string | undefined {
  if (!fileName.startsWith(`${RUNNING}.`)) return undefined;
  const build = fileName.slice(RUNNING.length + 1);
  return isBuildName(build) ? build : undefined;
}

/** The name of a stage in the file names of CTest: `build` becomes `Build`. */
export function stageFileName(stage: string): string {
  if (!isStageName(stage)) throw new Error(`not a stage name: ${JSON.stringify(stage)}`);
  return stage.charAt(0).toUpperCase() + stage.slice(1);
}

/** A stage lock's file name has to be `running`, `running.<secondary>` or a stage's name. */
export function isStageLockName(fileName: string): boolean {
  return fileName === RUNNING || secondaryOf(fileName) !== undefined || isStageName(fileName);
}
