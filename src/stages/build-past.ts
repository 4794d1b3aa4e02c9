import type { PastRun } from './history.js';
import { newestRuns } from './newest-runs.js';
import { wasSkipped } from './result-words.js';

/** What the newest runs of a build came to. */
export interface BuildPast {
  /** The last one that has ended. */
  readonly last?: PastRun;
  /** The last one that passed or failed; the others were skipped. */
  readonly judged?: PastRun;
  /** The last one that passed; missing, too, when that is longer ago than is looked back. */
  readonly passed?: PastRun;
}

/** How far to look back: first for what is nearly always there, then for a build that is broken for long. In bytes. */
const LOOK_BACK = [32 * 1024, 1024 * 1024];

/**
 * Looks at the end of a history, so that the cost does not grow with what is in it. What cannot be read counts as nothing: the status of
 * a build has more to say.
 */
export function pastOf(buildDirectory: string): BuildPast {
  let past: BuildPast = {};
  for (const bytes of LOOK_BACK) {
    past = pastAmong(newestRuns(buildDirectory, bytes));
    if (past.passed !== undefined) break;
  }
  return past;
}

/** @param runs oldest first */
export function pastAmong(runs: readonly PastRun[]): BuildPast {
  const last = runs.findLast(({ ended }) => ended !== undefined);
  const judged = runs.findLast((run) => run.ended !== undefined && !wasSkipped(run));
  const passed = runs.findLast(({ ended, result }) => ended !== undefined && result === 'done');
  return {
    ...(last !== undefined && { last }),
    ...(judged !== undefined && { judged }),
    ...(passed !== undefined && { passed }),
  };
}
