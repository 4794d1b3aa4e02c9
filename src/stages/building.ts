import { homeOf, moveCursor } from '../updates/cursor.js';
import type { MergedUpdate } from '../updates/record.js';
import { reportUpdate } from './pending-updates.js';
import { primaryOf } from './primary-of.js';
import { interrupted, type Run } from './run.js';
import type { RunResult } from './run-result.js';
import type { Source } from './source.js';
import { explainMoved, lookAgain } from './source-proof.js';
import { runStages } from './stages-of-run.js';
import { type ReportsBefore, spoolReports } from './submission.js';

/** A run whose source is what it will build, and stays so until it leaves. */
export interface Ready {
  readonly kind: 'ready';
  /** What is looked at once more when everything is built, whether it still is `revision`; undefined where stagelock does not update it. */
  readonly source?: Source | undefined;
  readonly revision?: string | undefined;
  /** What is built, and where the cursor of the build goes then. */
  readonly update?: MergedUpdate;
  readonly upTo?: number;
  /** Removes the locks that it has left, as the protocol says for its role. */
  readonly leave: () => Promise<void>;
}

/**
 * The part that the runs of a primary and of a secondary have in common: the stages, a last look at the source, the reports,
 * the cursor, the end. The cursor moves last, so a run that dies before builds the same again.
 *
 * @param before the reports that were there when the run began
 * @param afterwards what else to do before the run leaves; false when the run was asked to stop meanwhile: its locks stay
 */
export async function buildAndReport(
  run: Run,
  before: ReportsBefore,
  { source, revision, update, upTo, leave }: Ready,
  afterwards: () => Promise<boolean> = async () => true,
): Promise<RunResult> {
  const { build, stamp, context } = run;
  const ran = await runStages(run);
  if (ran.kind === 'interrupted') return interrupted(run);
  if (ran.kind === 'held') {
    await leave();
    return ran;
  }
  const { stages } = ran;
  const isLookedAt = source !== undefined && revision !== undefined && update !== undefined;
  const again = isLookedAt ? await lookAgain(source, revision, update) : undefined;
  if (context.signal.aborted) return interrupted(run);
  if (again?.kind === 'source-moved') {
    reportUpdate(run, again.update, explainMoved(again));
    spoolReports(run, before);
    await leave();
    return { ...again, stamp, stages };
  }
  if (again !== undefined && again.update !== update) reportUpdate(run, again.update);
  context.report({ kind: 'built', stamp, stages, update });
  spoolReports(run, before);
  if (upTo !== undefined) {
    // What another host has cleared meanwhile has not been built by this run.
    if (run.line !== undefined && !(await run.line.moveCursor(upTo))) return interrupted(run);
    moveCursor(primaryOf(build).directory, build.name, upTo, homeOf(build.directory));
    context.step('complete: cursor moved');
  }
  if (!(await afterwards())) return interrupted(run);
  await leave();
  const failed = stages.some((stage) => stage.outcome.kind !== 'passed');
  return failed ? { kind: 'stage-failed', stamp, stages, update } : { kind: 'done', stamp, stages };
}
