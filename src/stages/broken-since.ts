import type { PastRun } from './history.js';

/** Since when a build is broken, by its history. */
export interface BrokenSince {
  /** The first run of the ones in a row that failed; undefined when that is the present one. */
  readonly first: PastRun | undefined;
  /** How many failed before the present one, the first included. */
  readonly runs: number;
  /** The last run that passed; undefined when the history has none. */
  readonly passed: PastRun | undefined;
}

/**
 * Looks back from a run that failed. Runs that built nothing (of a failed update, or held up by locks) say nothing of whether the build
 * is broken.
 *
 * @param runs oldest first
 * @param present its id
 */
export function brokenSince(runs: readonly PastRun[], present: string): BrokenSince {
  let first: PastRun | undefined;
  let count = 0;
  for (const run of runs.toReversed()) {
    if (run.run === present) continue;
    if (run.result === 'done') return { first, runs: count, passed: run };
    if (run.result !== 'stage-failed') continue;
    first = run;
    count++;
  }
  return { first, runs: count, passed: undefined };
}
