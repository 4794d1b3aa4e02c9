import { basename } from 'node:path';
import type { Primary } from '../config/project.js';
import { pause } from '../host/pause.js';
import { errorText } from '../text/error-text.js';
import { homeOf, moveCursor } from '../updates/cursor.js';
import { pruneJournal } from '../updates/pruning.js';
import type { MergedUpdate } from '../updates/record.js';
import type { Buildstamp } from './buildstamp.js';
import { freeBuildstamp } from './free-buildstamp.js';
import { HeldLocks } from './held-locks.js';
import { type InTheWay, stillNoted, workingInTheWay } from './in-the-way.js';
import { UPDATE } from './names.js';
import { mergeUpdates, type Pending, reportUpdate, withLocalChanges, writeTag } from './pending-updates.js';
import { beginPrimary, endPrimary, endUpdate, mayUpdateNow } from './primary.js';
import { identityOf, type RunContext, sectionOf } from './run-context.js';
import type { RunResult } from './run-result.js';
import { type Source, sourceOf } from './source.js';
import { claimSource } from './source-claim.js';
import { explainMoved, lookAgain, proveAndRemember } from './source-proof.js';
import { type SourceUpdate, tidySource, updateSource } from './source-update.js';
import { openStageLog, type StageLog } from './stage-log.js';
import { runStages } from './stages-of-run.js';
import { reportsBefore, spoolReports } from './submission.js';
import { ensureLayout, type Layout, logFileOf } from './temporary.js';
import { refusal, waitThrough } from './waiting.js';

/**
 * One run of a primary, from `running` to the end. The locks go where the protocol says so and nowhere else: an
 * exception leaves them.
 *
 * @throws the system's error, LockError
 */
export async function runPrimary(primary: Primary, context: RunContext): Promise<RunResult> {
  if (primary.withoutUpdate?.kind === 'obstacle') {
    const { message, remedy } = primary.withoutUpdate;
    return { kind: 'update-failed', message: remedy === undefined ? message : `${message}\n${remedy}` };
  }
  const layout = ensureLayout(primary.directory);
  const claimed = await claimSource(primary, sectionOf(primary, context), context);
  if (claimed !== undefined) return claimed;
  const stamp = freeBuildstamp(primary, context.now());
  const held = new HeldLocks(identityOf(primary, stamp, context), context.now);
  const updateLog = logFileOf(layout, UPDATE, stamp.tag);
  const section = sectionOf(primary, context);
  const logOfUpdate = primary.update === undefined ? undefined : updateLog;
  const begun = await beginPrimary(layout.temporary, held, section, context.step, logOfUpdate);
  if (begun.kind !== 'done') return refusal(begun, held);
  context.report({ kind: 'begun', build: primary, stamp });

  const before = reportsBefore(primary, stamp);
  let updated: Extract<Updated, { kind: 'updated' }> | undefined;
  if (primary.update === undefined) {
    const inTheWay =
      (await stillNoted(primary, context.host)) ?? workingInTheWay(primary, 'directory', context.run, context.host);
    if (inTheWay !== undefined) return refuse(inTheWay, layout, held, context);
    writeTag(primary, stamp);
    context.report({ kind: 'not-updated', why: primary.withoutUpdate?.message ?? '' });
  }
  if (primary.update !== undefined) {
    const clear = await awaitSecondaries(primary, layout, held, context);
    if (clear !== undefined) return clear;
    const noted = await stillNoted(primary, context.host);
    if (noted !== undefined) return refuse(noted, layout, held, context);
    context.step('update: clear of secondaries');
    const log = openStageLog(updateLog);
    const result = await update(primary, stamp, layout, held, log, context);
    if (result.kind !== 'updated') return result;
    updated = result;
  }

  const ran = await runStages(primary, stamp, layout, held, context);
  if (ran.kind === 'interrupted') return interrupted(held);
  if (ran.kind === 'held') {
    end(layout, held, context);
    return ran;
  }
  const built = updated?.update;
  const again = updated && (await lookAgain(updated.tree, updated.update.revision, updated.update));
  if (context.signal.aborted) return interrupted(held);
  if (again?.kind === 'source-moved') {
    reportUpdate(primary, primary, stamp, again.update, explainMoved(again));
    spoolReports(primary, stamp, before, context);
    end(layout, held, context);
    return { ...again, stamp, stages: ran.stages };
  }
  if (again !== undefined && again.update !== built) reportUpdate(primary, primary, stamp, again.update);
  context.report({ kind: 'built', stamp, stages: ran.stages, update: built });
  spoolReports(primary, stamp, before, context);
  if (updated !== undefined) {
    moveCursor(primary.directory, primary.name, updated.upTo, homeOf(primary.directory));
    context.step('complete: cursor moved');
    await tidySource(updated.tree);
    prune(primary, context);
  }
  if (primary.lingerMs > 0) {
    context.report({ kind: 'lingering', ms: primary.lingerMs });
    await pause(primary.lingerMs, context.signal);
    if (context.signal.aborted) return interrupted(held);
  }
  end(layout, held, context);
  const failed = ran.stages.some((stage) => stage.outcome.kind !== 'passed');
  return { kind: failed ? 'stage-failed' : 'done', stamp, stages: ran.stages };
}

/** Undefined once no secondary is left; otherwise how the run ends. `update` stands all the while. */
async function awaitSecondaries(
  primary: Primary,
  layout: Layout,
  held: HeldLocks,
  context: RunContext,
): Promise<RunResult | undefined> {
  const { whenSecondariesBuild: policy } = primary;
  const result = await waitThrough(async () => mayUpdateNow(layout.temporary), {
    temporary: layout.temporary,
    timeoutMs: policy.kind === 'wait' ? policy.timeoutMs : 0,
    worthWaiting: () => policy.kind === 'wait',
    context,
  });
  if (result.kind === 'done') return undefined;
  if (result.kind === 'aborted') return interrupted(held);
  endUpdate(layout.temporary, held);
  context.step('update: ended');
  end(layout, held, context);
  return result.kind === 'held' ? { kind: 'secondaries-building', locks: result.locks } : refusal(result, held);
}

type Updated =
  | { readonly kind: 'updated'; readonly upTo: number; readonly update: MergedUpdate; readonly tree: Source }
  | Extract<
      RunResult,
      { kind: 'no-news' | 'update-failed' | 'update-broken' | 'not-repaired' | 'interrupted' | 'in-the-way' }
    >;

/** The stage `update` itself: source, record, report, and only then the end of its lock. */
async function update(
  primary: Primary,
  stamp: Buildstamp,
  layout: Layout,
  held: HeldLocks,
  log: StageLog,
  context: RunContext,
): Promise<Updated> {
  if (primary.update === undefined) throw new Error(`${primary.name} has no update to do`);
  const tree = sourceOf(primary, primary.update, stamp, context, log.line);
  const source = await updateSource(tree, log.path);
  if (source.kind === 'interrupted') return interrupted(held);
  if (source.kind === 'in-the-way') {
    log.close();
    return refuse(source, layout, held, context);
  }
  if (source.kind === 'broken') {
    log.close();
    held.stopHeartbeat();
    return { kind: 'update-broken', message: source.message, logFile: log.path, left: held.paths };
  }
  if (source.kind === 'half-moved') {
    log.close();
    endUpdate(layout.temporary, held);
    context.step('update: ended');
    end(layout, held, context);
    return { kind: 'not-repaired', message: source.message, logFile: log.path, living: source.living };
  }
  const pending = source.kind === 'current' ? await pendingOf(tree, source) : source;
  if (context.signal.aborted) return interrupted(held);
  if (pending.kind !== 'pending') {
    log.close();
    endUpdate(layout.temporary, held);
    context.step('update: ended');
    end(layout, held, context);
    return { kind: 'update-failed', message: pending.message, logFile: log.path };
  }
  const quiet = isQuiet(primary, pending);
  if (quiet) {
    log.discard();
  } else {
    log.close();
    const inTheWay = workingInTheWay(primary, 'directory', context.run, context.host);
    if (inTheWay !== undefined) return refuse(inTheWay, layout, held, context);
    reportUpdate(primary, primary, stamp, pending.update);
    context.step('update: reported');
    context.report({ kind: 'updated', update: pending.update });
  }
  endUpdate(layout.temporary, held);
  context.step('update: ended');
  if (!quiet) {
    // The log of the update is closed.
    const { log: _, ...checkout } = tree.checkout;
    return { kind: 'updated', upTo: pending.upTo, update: pending.update, tree: { ...tree, checkout } };
  }
  end(layout, held, context);
  return { kind: 'no-news' };
}

/** What there is to build. Where there is anything, all of the source has been looked at. */
async function pendingOf(
  tree: Source,
  { revision, modified }: Extract<SourceUpdate, { kind: 'current' }>,
): Promise<Pending | Extract<SourceUpdate, { kind: 'failed' }>> {
  const { primary, context } = tree;
  const pending = mergeUpdates(primary, primary, context);
  if (pending.kind === 'lost' || isQuiet(primary, pending)) return pending;
  if (modified !== undefined) return withLocalChanges(pending, modified);
  const proof = await proveAndRemember(tree, revision);
  if (proof.kind === 'not-proved') return { kind: 'failed', message: proof.message };
  return withLocalChanges(pending, proof.modified);
}

function isQuiet(primary: Primary, { news }: Extract<Pending, { kind: 'pending' }>): boolean {
  return primary.model === 'Continuous' && !news;
}

/** Ends a run before it has built anything: something of an earlier one lives that has no lock any more. */
function refuse(
  inTheWay: InTheWay,
  layout: Layout,
  held: HeldLocks,
  context: RunContext,
): Extract<RunResult, { kind: 'in-the-way' }> {
  if (held.paths.some((path) => basename(path) === UPDATE)) {
    endUpdate(layout.temporary, held);
    context.step('update: ended');
  }
  end(layout, held, context);
  return { kind: 'in-the-way', ...inTheWay };
}

/** A journal that could not be made shorter is no reason for a run to fail. */
function prune(primary: Primary, context: RunContext): void {
  try {
    pruneJournal(primary.directory, context.now().getTime() - primary.keepUpdatesMs);
  } catch (error) {
    const why = errorText(error);
    context.report({ kind: 'warning', text: `old updates could not be removed from the journal: ${why}` });
  }
}

function end(layout: Layout, held: HeldLocks, context: RunContext): void {
  endPrimary(layout.temporary, held);
  context.step('end: running removed');
  warnOfLost(held, context);
}

/** Somebody removed locks of a living run: whoever came meanwhile was not kept out. */
export function warnOfLost(held: HeldLocks, context: RunContext): void {
  for (const path of held.takeLost()) {
    const text = `${path} was removed by somebody while this run held it; another run may have worked beside this one`;
    context.report({ kind: 'warning', text });
  }
}

/** The locks stay: a person who stops a run, or a machine that shuts down, has interrupted something. */
export function interrupted(held: HeldLocks): Extract<RunResult, { kind: 'interrupted' }> {
  held.stopHeartbeat();
  return { kind: 'interrupted', left: held.paths };
}
