import type { Primary } from '../config/project.js';
import { pause } from '../host/pause.js';
import { errorText } from '../text/error-text.js';
import { pruneJournal } from '../updates/pruning.js';
import { buildAndReport, type Ready } from './building.js';
import { type InTheWay, stillNoted, workingInTheWay } from './in-the-way.js';
import { UPDATE } from './names.js';
import { mergeUpdates, type Pending, reportUpdate, withLocalChanges, writeTag } from './pending-updates.js';
import { beginPrimary, endRun, endUpdate, mayUpdateNow } from './protocol.js';
import { interrupted, logOf, newRun, type Run, type Tracked } from './run.js';
import type { RunContext } from './run-context.js';
import type { RunResult } from './run-result.js';
import { sectionFor } from './section.js';
import { type Source, sourceOf } from './source.js';
import { claimSource } from './source-claim.js';
import { proveAndRemember } from './source-proof.js';
import { type SourceUpdate, tidySource, updateSource } from './source-update.js';
import { openStageLog, type StageLog } from './stage-log.js';
import { reportsBefore } from './submission.js';
import { ensureLayout } from './temporary.js';
import { tidyLogs } from './tidy-logs.js';
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
  const claimed = await claimSource(primary, sectionFor(primary, context.signal), context);
  if (claimed !== undefined) return claimed;
  const run = await newRun(primary, layout, context);
  const begun = await beginPrimary(run, primary.update && logOf(run, UPDATE));
  if (begun.kind !== 'done') return refusal(begun, run);
  context.report({ kind: 'begun', build: primary, stamp: run.stamp });

  const before = reportsBefore(run);
  const ready = await (run.tracked === undefined ? asItStands(run) : afterUpdate(run, run.tracked));
  if (ready.kind !== 'ready') return ready;
  return buildAndReport(run, before, ready, async () => {
    if (ready.source !== undefined) {
      await tidySource(ready.source);
      prune(run);
    }
    if (primary.lingerMs <= 0) return true;
    context.report({ kind: 'lingering', ms: primary.lingerMs });
    await pause(primary.lingerMs, context.signal);
    return !context.signal.aborted;
  });
}

/** Of a source that something else updates. */
async function asItStands(run: Run<Primary>): Promise<Ready | Refused> {
  const inTheWay = (await stillNoted(run)) ?? workingInTheWay(run, 'directory');
  if (inTheWay !== undefined) {
    endRun(run);
    return { kind: 'in-the-way', ...inTheWay };
  }
  writeTag(run);
  run.context.report({ kind: 'not-updated', why: run.build.withoutUpdate?.message ?? '' });
  return { kind: 'ready', leave: () => endRun(run) };
}

/** Waits for the secondaries, and then does the stage `update`. */
async function afterUpdate(run: Run<Primary>, tracked: Tracked): Promise<Ready | RunResult> {
  const clear = await awaitSecondaries(run);
  if (clear !== undefined) return clear;
  const noted = await stillNoted(run);
  if (noted !== undefined) return refuse(run, noted);
  run.context.step('update: clear of secondaries');
  const log = openStageLog(logOf(run, UPDATE));
  return updateAndMerge(run, sourceOf(run, tracked, log.line), log);
}

/** Undefined once no secondary is left; otherwise how the run ends. `update` stands all the while. */
async function awaitSecondaries(run: Run<Primary>): Promise<RunResult | undefined> {
  const { whenSecondariesBuild: policy } = run.build;
  const result = await waitThrough(run, async () => mayUpdateNow(run), {
    temporary: run.layout.temporary,
    timeoutMs: policy.kind === 'wait' ? policy.timeoutMs : 0,
    worthWaiting: () => policy.kind === 'wait',
  });
  if (result.kind === 'done') return undefined;
  if (result.kind === 'aborted') return interrupted(run);
  giveUp(run);
  return result.kind === 'held' ? { kind: 'secondaries-building', locks: result.locks } : refusal(result, run);
}

type Refused = Extract<RunResult, { kind: 'in-the-way' }>;

/** The stage `update` itself: source, record, report, and only then the end of its lock. */
async function updateAndMerge(run: Run<Primary>, source: Source, log: StageLog): Promise<Ready | RunResult> {
  const updated = await updateSource(source, log.path);
  if (updated.kind === 'interrupted') return interrupted(run);
  if (updated.kind === 'in-the-way') {
    log.close();
    return refuse(run, updated);
  }
  if (updated.kind === 'broken') {
    log.close();
    run.held.stopHeartbeat();
    return { kind: 'update-broken', message: updated.message, logFile: log.path, left: run.held.paths };
  }
  if (updated.kind === 'half-moved') {
    log.close();
    giveUp(run);
    return { kind: 'not-repaired', message: updated.message, logFile: log.path, living: updated.living };
  }
  const pending = updated.kind === 'current' ? await pendingOf(run, source, updated) : updated;
  if (run.context.signal.aborted) return interrupted(run);
  if (pending.kind !== 'pending') {
    log.close();
    // A server that is away for long has one each time.
    await tidyLogs(run);
    giveUp(run);
    return { kind: 'update-failed', message: pending.message, logFile: log.path };
  }
  if (isQuiet(run, pending)) {
    log.discard();
    giveUp(run);
    return { kind: 'no-news' };
  }
  log.close();
  const inTheWay = workingInTheWay(run, 'directory');
  if (inTheWay !== undefined) return refuse(run, inTheWay);
  reportUpdate(run, pending.update);
  run.context.step('update: reported');
  run.context.report({ kind: 'updated', update: pending.update });
  endUpdate(run);
  // The log of the update is closed.
  const { log: _, ...checkout } = source.checkout;
  const { update, upTo } = pending;
  const looked = { ...source, checkout };
  return { kind: 'ready', source: looked, revision: update.revision, update, upTo, leave: () => endRun(run) };
}

/** What there is to build. Where there is anything, all of the source has been looked at. */
async function pendingOf(
  run: Run<Primary>,
  source: Source,
  { revision, modified }: Extract<SourceUpdate, { kind: 'current' }>,
): Promise<Pending | Extract<SourceUpdate, { kind: 'failed' }>> {
  const pending = mergeUpdates(run);
  if (pending.kind === 'lost' || isQuiet(run, pending)) return pending;
  if (modified !== undefined) return withLocalChanges(pending, modified);
  const proof = await proveAndRemember(source, revision);
  if (proof.kind === 'not-proved') return { kind: 'failed', message: proof.message };
  return withLocalChanges(pending, proof.modified);
}

function isQuiet({ build }: Run<Primary>, { news }: Extract<Pending, { kind: 'pending' }>): boolean {
  return build.model === 'Continuous' && !news;
}

/** Ends a run in its stage `update`. */
function giveUp(run: Run<Primary>): void {
  endUpdate(run);
  endRun(run);
}

/** Ends a run before it has built anything: something of an earlier one lives that has no lock any more. */
function refuse(run: Run<Primary>, inTheWay: InTheWay): Refused {
  giveUp(run);
  return { kind: 'in-the-way', ...inTheWay };
}

/** A journal that could not be made shorter is no reason for a run to fail. */
function prune({ build, context }: Run<Primary>): void {
  try {
    pruneJournal(build.directory, context.now().getTime() - build.keepUpdatesMs);
  } catch (error) {
    const why = errorText(error);
    context.report({ kind: 'warning', text: `old updates could not be removed from the journal: ${why}` });
  }
}
