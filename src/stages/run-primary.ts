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
import type { SharedLine } from './shared-line.js';
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
  const line = await lineOf(primary, context);
  if (line === undefined) return runFrom(primary, context, undefined);
  try {
    return await runFrom(primary, line.context, line);
  } finally {
    // Its locks stay where they are, whatever has happened.
    await line.close();
  }
}

/** What hosts share is loaded only where they do. */
async function lineOf(primary: Primary, context: RunContext): Promise<SharedLine | undefined> {
  if (context.coordination === undefined || primary.update === undefined) return undefined;
  const { SharedLine } = await import('./shared-line.js');
  return new SharedLine(primary, context, context.coordination);
}

async function runFrom(primary: Primary, context: RunContext, line: SharedLine | undefined): Promise<RunResult> {
  const layout = ensureLayout(primary.directory);
  const claimed = await claimSource(primary, sectionFor(primary, context.signal), context);
  if (claimed !== undefined) return claimed;
  const run = await newRun(primary, layout, context, line);
  const result = await runThrough(run, line);
  if (line?.loss === undefined) return result;
  // Whatever it came to: it could not say so to the others, and what it holds stays.
  const { left } = interrupted(run);
  return left.length === 0 ? result : { kind: 'cut-off', loss: line.loss, left };
}

async function runThrough(run: Run<Primary>, line: SharedLine | undefined): Promise<RunResult> {
  const { build: primary, context } = run;
  const begun = await begin(run, line);
  if (begun !== undefined) return begun;
  context.report({ kind: 'begun', build: primary, stamp: run.stamp });

  const before = reportsBefore(run);
  const ready = await (run.tracked === undefined ? asItStands(run) : afterUpdate(run, run.tracked, line));
  if (ready.kind !== 'ready') return ready;
  return buildAndReport(run, before, ready, async () => {
    if (ready.source !== undefined) {
      await tidySource(ready.source);
      await prune(run);
    }
    if (primary.lingerMs <= 0) return true;
    context.report({ kind: 'lingering', ms: primary.lingerMs });
    await pause(primary.lingerMs, context.signal);
    return !context.signal.aborted;
  });
}

/**
 * Begins in the files of this host first, then in etcd.
 *
 * @returns undefined when the run has begun in both; otherwise it has begun in neither
 */
async function begin(run: Run<Primary>, line: SharedLine | undefined): Promise<RunResult | undefined> {
  const logFile = run.build.update && logOf(run, UPDATE);
  let here = await beginPrimary(run, logFile);
  // What a person has cleared from another host keeps this one from nothing, unless something of it still runs here.
  if (here.kind === 'blocked' && line !== undefined && (await line.clearCleared(here.locks))) {
    here = await beginPrimary(run, logFile);
  }
  if (here.kind !== 'done') return refusal(here, run);
  if (line === undefined) return undefined;
  const there = await line.begin(run, logFile);
  if (there.kind === 'done') return undefined;
  if (there.kind === 'aborted') return interrupted(run);
  endUpdate(run);
  endRun(run);
  if (there.kind === 'not-at-home') return { kind: 'update-failed', message: there.message };
  return there.kind === 'away' ? { kind: 'coordination-away', message: there.message } : refusal(there, run);
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
  return { kind: 'ready', leave: async () => endRun(run) };
}

/** Waits for the secondaries, and then does the stage `update`. */
async function afterUpdate(
  run: Run<Primary>,
  tracked: Tracked,
  line: SharedLine | undefined,
): Promise<Ready | RunResult> {
  const clear = (await awaitSecondaries(run)) ?? (line && (await awaitTurn(run, line)));
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
  await giveUp(run);
  return result.kind === 'held' ? { kind: 'secondaries-building', locks: result.locks } : refusal(result, run);
}

/** Likewise in the line of builds on other hosts: a primary waits for its followers, a follower for the update of its primary. */
async function awaitTurn(run: Run<Primary>, line: SharedLine): Promise<RunResult | undefined> {
  const result = await line.awaitTurn(run, logOf(run, UPDATE));
  if (result.kind === 'done') return undefined;
  if (result.kind === 'aborted') return interrupted(run);
  await giveUp(run);
  const isPrimary = line.follows === undefined && result.kind === 'held';
  return isPrimary ? { kind: 'secondaries-building', locks: result.locks } : refusal(result, run);
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
    await giveUp(run);
    return { kind: 'not-repaired', message: updated.message, logFile: log.path, living: updated.living };
  }
  const pending = updated.kind === 'current' ? await pendingOf(run, source, updated) : updated;
  if (run.context.signal.aborted) return interrupted(run);
  if (pending.kind !== 'pending') {
    log.close();
    // A server that is away for long has one each time.
    await tidyLogs(run);
    await giveUp(run);
    return { kind: 'update-failed', message: pending.message, logFile: log.path };
  }
  if (isQuiet(run, pending)) {
    log.discard();
    await giveUp(run);
    return { kind: 'no-news' };
  }
  log.close();
  const inTheWay = workingInTheWay(run, 'directory');
  if (inTheWay !== undefined) return refuse(run, inTheWay);
  reportUpdate(run, pending.update);
  run.context.step('update: reported');
  run.context.report({ kind: 'updated', update: pending.update });
  if (run.line !== undefined && !(await run.line.endUpdate())) return interrupted(run);
  endUpdate(run);
  // The log of the update is closed.
  const { log: _, ...checkout } = source.checkout;
  const { update, upTo } = pending;
  const looked = { ...source, checkout };
  return { kind: 'ready', source: looked, revision: update.revision, update, upTo, leave: () => leave(run) };
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
function giveUp(run: Run<Primary>): Promise<void> {
  return leave(run, () => endUpdate(run));
}

/** What other hosts see goes first: as long as it stands, nothing of this host may be missing. */
async function leave(run: Run<Primary>, before: () => void = () => undefined): Promise<void> {
  if (run.line !== undefined && !(await run.line.end())) return;
  before();
  endRun(run);
}

/** Ends a run before it has built anything: something of an earlier one lives that has no lock any more. */
async function refuse(run: Run<Primary>, inTheWay: InTheWay): Promise<Refused> {
  await giveUp(run);
  return { kind: 'in-the-way', ...inTheWay };
}

/** A journal that could not be made shorter is no reason for a run to fail. */
async function prune({ build, line, context }: Run<Primary>): Promise<void> {
  const olderThan = context.now().getTime() - build.keepUpdatesMs;
  try {
    pruneJournal(build.directory, olderThan);
    await line?.prune(olderThan);
  } catch (error) {
    const why = errorText(error);
    context.report({ kind: 'warning', text: `old updates could not be removed from the journal: ${why}` });
  }
}
