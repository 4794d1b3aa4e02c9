/**
 * Names become file names (`running.NAME`, `Temporary/STAGE`, `LastSTAGE_*.log`), so none may leave its directory or look
 * like a file that a lock strategy makes.
 */

/** The form of a build's name, without the exceptions that {@link isBuildName} makes. */
export const BUILD_NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/;

/** The form of a stage's name. */
export const STAGE_NAME_PATTERN = /^[a-z][a-z0-9_-]{0,31}$/;

/** What a message says was expected instead of a bad build name. */
export const BUILD_NAME_RULE =
  'a build name: 1 to 64 letters, digits and . _ + -, beginning with a letter or digit, ' +
  'not ending in a dot, .tmp, .lock, .lockdir, .pid or .excl';

/** What a message says was expected instead of a bad stage name. */
export const STAGE_NAME_RULE = 'a stage name: 1 to 32 of a-z, 0-9, _ and -, beginning with a letter';

// Endings of temporaries and object locks; on SMB without regard to case, and SMB drops a final dot.
const TAKEN_ENDING = /(?:\.|\.(?:tmp|lock|lockdir|pid|excl))$/i;

/** Whether `name` may name a build: no such name contains `/` or NUL, begins with a dot, or ends like a lock file. */
export function isBuildName(name: string): boolean {
  return BUILD_NAME_PATTERN.test(name) && !TAKEN_ENDING.test(name);
}

/** Whether `name` may name a stage lock; `running` and `update` are such names too. */
export function isStageName(name: string): boolean {
  return STAGE_NAME_PATTERN.test(name);
}

/** Whether stagelock itself makes the stage lock `name`, so that no stage of a configuration may be called so. */
export function isReservedStage(name: string): boolean {
  return name === 'running' || name === 'update';
}
