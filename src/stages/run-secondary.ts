import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Secondary } from '../config/project.js';
import { pause } from '../host/pause.js';
import { LockError } from '../locks/index.js';
import { homeOf, moveCursor } from '../updates/cursor.js';
import type { Buildstamp } from './buildstamp.js';
import { freeBuildstamp } from './free-buildstamp.js';
import { HeldLocks } from './held-locks.js';
import { type InTheWay, stillNoted, workingInTheWay } from './in-the-way.js';
import { secondaryLockName, UPDATE } from './names.js';
import { mergeUpdates, reportUpdate, withLocalChanges } from './pending-updates.js';
import { identityOf, type RunContext, sectionOf } from './run-context.js';
import type { RunEvent } from './run-event.js';
import { interrupted, warnOfLost } from './run-primary.js';
import type { RunResult } from './run-result.js';
import { beginSecondary, endSecondary, joinPrimary, leavePrimary } from './secondary.js';
import { sourceOf } from './source.js';
import { lookAtClaim } from './source-claim.js';
import { explainMoved, forget, lookAgain, proveSource } from './source-proof.js';
import { type SourceState, sourceState } from './source-state.js';
import { readStageLock } from './stage-lock.js';
import { runStages } from './stages-of-run.js';
import { reportsBefore, spoolReports } from './submission.js';
import { ensureLayout, type Layout, layoutOf } from './temporary.js';
import { refusal, waitThrough } from './waiting.js';

/** A primary runs every few minutes at most; its record is not urgent. */
const RECORD_POLL_MS = 2000;

/**
 * One run of a secondary: it begins in its own directory, joins its primary's, builds what it has not built yet, and
 * leaves. The locks go where the protocol says so and nowhere else: an exception leaves them.
 *
 * @throws the system's error, LockError
 */
export async function runSecondary(secondary: Secondary, context: RunContext): Promise<RunResult> {
  const { primary } = secondary;
  const layout = ensureLayout(secondary.directory);
  ensureLayout(primary.directory);
  const refused = lookAtClaim(secondary, context);
  if (refused !== undefined) return { kind: 'source-claimed', refusal: refused };
  const stamp = freeBuildstamp(secondary, context.now());
  const held = new HeldLocks(identityOf(secondary, stamp, context), context.now);
  const begun = beginSecondary(layout.temporary, held, context.step);
  if (begun.kind !== 'done') return refusal(begun, held);
  context.report({ kind: 'begun', build: secondary, stamp });

  // What moves the source without a lock is not worth waiting for; and it may have come while this run waited.
  const early = await stillNoted(secondary, context.host);
  if (early !== undefined) {
    endSecondary(layout.temporary, held);
    context.step('end: running removed');
    return { kind: 'in-the-way', ...early };
  }
  const joined = await waitAndJoin(secondary, stamp, layout, held, context);
  if (joined.kind !== 'joined') return joined;
  const noted = await stillNoted(secondary, context.host);
  if (noted !== undefined) return refuse(noted, secondary, layout, held, context);

  const merged = mergeUpdates(primary, secondary, context, joined.head);
  if (merged.kind === 'lost') {
    leaveUnbuilt(secondary, layout, held, context);
    return { kind: 'update-failed', message: merged.message };
  }
  // Without an update to wait for, nobody can tell whether there is news.
  if (secondary.model === 'Continuous' && !merged.news && primary.update !== undefined) {
    leaveUnbuilt(secondary, layout, held, context);
    return { kind: 'no-news' };
  }
  const source = primary.update === undefined ? undefined : sourceOf(primary, primary.update, stamp, context);
  const proof = source === undefined || joined.head === undefined ? undefined : await proveSource(source, joined.head);
  if (context.signal.aborted) return interrupted(held);
  if (proof?.kind === 'not-proved') {
    if (source !== undefined) forget(source);
    leaveUnbuilt(secondary, layout, held, context);
    return { kind: 'source-not-proved', message: proof.message };
  }
  const pending = proof === undefined ? merged : withLocalChanges(merged, proof.modified);
  const inTheWay = workingInTheWay(secondary, 'directory', context.run, context.host);
  if (inTheWay !== undefined) return refuse(inTheWay, secondary, layout, held, context);
  const before = reportsBefore(secondary, stamp);
  reportUpdate(primary, secondary, stamp, pending.update);
  context.step('update: reported');
  context.report({ kind: 'updated', update: pending.update });
  held.remove(join(layout.temporary, UPDATE));
  context.step('update: ended');

  const ran = await runStages(secondary, stamp, layout, held, context);
  if (ran.kind === 'interrupted') return interrupted(held);
  if (ran.kind === 'held') {
    leave(secondary, layout, held, context);
    return ran;
  }
  const again =
    source === undefined || joined.head === undefined
      ? undefined
      : await lookAgain(source, joined.head, pending.update);
  if (context.signal.aborted) return interrupted(held);
  if (again?.kind === 'source-moved') {
    reportUpdate(primary, secondary, stamp, again.update, explainMoved(again));
    spoolReports(secondary, stamp, before, context);
    leave(secondary, layout, held, context);
    return { ...again, stamp, stages: ran.stages };
  }
  if (again !== undefined && again.update !== pending.update) reportUpdate(primary, secondary, stamp, again.update);
  context.report({ kind: 'built', stamp, stages: ran.stages, update: pending.update });
  spoolReports(secondary, stamp, before, context);
  moveCursor(primary.directory, secondary.name, pending.upTo, homeOf(secondary.directory));
  context.step('complete: cursor moved');
  leave(secondary, layout, held, context);
  const failed = ran.stages.some((stage) => stage.outcome.kind !== 'passed');
  return { kind: failed ? 'stage-failed' : 'done', stamp, stages: ran.stages };
}

/** It has joined, and the source is what the journal says. */
interface Joined {
  readonly kind: 'joined';
  readonly head: string | undefined;
}

/** The stage `update` of a secondary is to wait for its primary's. */
async function waitAndJoin(
  secondary: Secondary,
  stamp: Buildstamp,
  layout: Layout,
  held: HeldLocks,
  context: RunContext,
): Promise<RunResult | Joined> {
  const own = join(layout.temporary, UPDATE);
  if (held.create(own) === 'exists') {
    endSecondary(layout.temporary, held);
    const found = readStageLock(own);
    return { kind: 'held', locks: found === undefined ? [] : [found] };
  }
  context.step('update: stage locked');
  const began = performance.now();
  const { temporary } = layoutOf(secondary.primary.directory);
  let told = false;
  for (;;) {
    const remainingMs = Math.max(0, secondary.updateTimeoutMs - (performance.now() - began));
    const notJoined = await joinInTime(secondary, temporary, remainingMs, held, context);
    if (notJoined?.kind === 'interrupted') return notJoined;
    const state = notJoined ?? (await sourceState(secondary.primary, stamp, context));
    if (state.kind === 'as-recorded') return { kind: 'joined', head: state.head };
    if (context.signal.aborted) return interrupted(held);
    if (notJoined === undefined) {
      leavePrimary(temporary, secondary.name, held);
      context.step('leave: left');
    }
    if ((state.kind === 'unrecorded' || state.kind === 'half-moved') && remainingMs > 0) {
      if (!told) context.report(waitingFor(state, remainingMs));
      told = true;
      await untilRecorded(secondary, stamp, remainingMs, context);
      continue;
    }
    withdraw(secondary, held, context);
    const waitedMs = performance.now() - began;
    if (state.kind === 'unrecorded') {
      return { kind: 'source-unrecorded', head: state.head, recorded: state.recorded, waitedMs };
    }
    if (state.kind === 'half-moved') return { kind: 'source-half-moved', message: state.message, waitedMs };
    return state.kind === 'failed' ? { kind: 'update-failed', message: state.message } : state;
  }
}

function waitingFor(state: Extract<SourceState, { kind: 'unrecorded' | 'half-moved' }>, timeoutMs: number): RunEvent {
  return state.kind === 'unrecorded'
    ? { kind: 'waiting-for-record', head: state.head, timeoutMs }
    : { kind: 'waiting-for-repair', update: state.message, timeoutMs };
}

async function joinInTime(
  secondary: Secondary,
  temporary: string,
  timeoutMs: number,
  held: HeldLocks,
  context: RunContext,
): Promise<RunResult | undefined> {
  const section = sectionOf(secondary.primary, context);
  const joining = waitThrough(() => joinPrimary(temporary, secondary.name, held, section, context.step), {
    temporary,
    timeoutMs,
    // Its own mark there was left by a run that died; only a person removes that.
    worthWaiting: (locks) => locks.every((lock) => lock.name === UPDATE),
    context,
  });
  const result = await joining.catch((error: unknown) => {
    // It could not enter its primary's directory at all, has looked at nothing and touched nothing: there is nothing to
    // investigate in its own directory, whose locks would only keep it from its next run.
    if (error instanceof LockError && !held.paths.includes(join(temporary, secondaryLockName(secondary.name))))
      withdraw(secondary, held, context);
    throw error;
  });
  return result.kind === 'done' ? undefined : refusal(result, held);
}

/** Ends a run that waits in its stage `update` and has not joined: it has built nothing. */
function withdraw(secondary: Secondary, held: HeldLocks, context: RunContext): void {
  const { temporary } = layoutOf(secondary.directory);
  held.remove(join(temporary, UPDATE));
  context.step('update: ended');
  endSecondary(temporary, held);
  context.step('end: running removed');
}

/** Waits without having joined, since the primary cannot mend it while somebody has. */
async function untilRecorded(
  secondary: Secondary,
  stamp: Buildstamp,
  timeoutMs: number,
  context: RunContext,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  do {
    await pause(Math.min(RECORD_POLL_MS, Math.max(0, end - performance.now())), context.signal);
  } while (
    performance.now() < end &&
    !context.signal.aborted &&
    ['unrecorded', 'half-moved'].includes((await sourceState(secondary.primary, stamp, context)).kind)
  );
}

/** Ends a run before it has built anything: something of an earlier one lives that has no lock any more. */
function refuse(
  inTheWay: InTheWay,
  secondary: Secondary,
  layout: Layout,
  held: HeldLocks,
  context: RunContext,
): Extract<RunResult, { kind: 'in-the-way' }> {
  leaveUnbuilt(secondary, layout, held, context);
  return { kind: 'in-the-way', ...inTheWay };
}

/** Ends a run that has joined and is still in its stage \`update\`. */
function leaveUnbuilt(secondary: Secondary, layout: Layout, held: HeldLocks, context: RunContext): void {
  held.remove(join(layout.temporary, UPDATE));
  context.step('update: ended');
  leave(secondary, layout, held, context);
}

function leave(secondary: Secondary, layout: Layout, held: HeldLocks, context: RunContext): void {
  leavePrimary(layoutOf(secondary.primary.directory).temporary, secondary.name, held);
  context.step('leave: left');
  endSecondary(layout.temporary, held);
  context.step('end: running removed');
  warnOfLost(held, context);
}
