import { isStageName } from '../config/names.js';
import type { Build } from '../config/project.js';
import { tagOf } from './buildstamp.js';
import type { PastRun } from './history.js';
import { UPDATE } from './names.js';
import { layoutOf, logFileOf } from './temporary.js';

/** The log of a stage in a past run. */
export interface PastLog {
  readonly stage: string;
  readonly path: string;
  /** `passed`, or how else it ended; undefined where the history does not say. */
  readonly outcome: string | undefined;
}

/**
 * The run that a person means: by the beginning of its tag or buildstamp (`20020131-1121`), or of its id. Of several the newest.
 *
 * @param runs oldest first
 * @param wanted undefined for the newest of all
 */
export function findRun(runs: readonly PastRun[], wanted: string | undefined): PastRun | undefined {
  if (wanted === undefined) return runs.at(-1);
  return runs.findLast(({ stamp, run }) => stamp.startsWith(wanted) || (wanted.length >= 4 && run.startsWith(wanted)));
}

/** The logs of a run in the order of its stages, its update first, whether or not they are still there. */
export function logsOf(build: Build, { stamp, stages }: PastRun): PastLog[] {
  const tag = tagOf(stamp);
  if (tag === undefined) return [];
  const layout = layoutOf(build.directory);
  const update = build.role === 'primary' && build.update !== undefined ? [{ name: UPDATE, outcome: undefined }] : [];
  // What others may have written into the history must not make a path.
  // Of a run in progress, and of one that died, the history does not say which stages it came to.
  const ran = stages ?? build.stages.map(({ name }) => ({ name, outcome: undefined }));
  return [...update, ...ran]
    .filter(({ name }) => isStageName(name) || name === UPDATE)
    .map(({ name, outcome }) => ({ stage: name, path: logFileOf(layout, name, tag), outcome }));
}

/** Whether a run has ended, and did not pass. */
export function hasFailed({ result }: PastRun): boolean {
  return result !== undefined && result !== 'done';
}
