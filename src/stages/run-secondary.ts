import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Secondary } from '../config/project.js';
import { pause } from '../host/pause.js';
import { LockError } from '../locks/index.js';
import { buildAndReport, type Ready } from './building.js';
import { stillNoted, workingInTheWay } from './in-the-way.js';
import { UPDATE } from './names.js';
import { mergeUpdates, reportUpdate, withLocalChanges } from './pending-updates.js';
import { beginSecondary, endRun, endUpdate, joinPrimary, leavePrimary, markOf } from './protocol.js';
import { interrupted, newRun, type Run } from './run.js';
import type { RunContext } from './run-context.js';
import type { RunEvent } from './run-event.js';
import type { RunResult } from './run-result.js';
import { sourceOf } from './source.js';
import { lookAtClaim } from './source-claim.js';
import { forget, proveSource } from './source-proof.js';
import { type SourceState, sourceState } from './source-state.js';
import { readStageLock } from './stage-lock.js';
import { reportsBefore } from './submission.js';
import { ensureLayout, layoutOf } from './temporary.js';
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
  const layout = ensureLayout(secondary.directory);
  ensureLayout(secondary.primary.directory);
  const refused = lookAtClaim(secondary, context);
  if (refused !== undefined) return { kind: 'source-claimed', refusal: refused };
  const run = await newRun(secondary, layout, context);
  const begun = beginSecondary(run);
  if (begun.kind !== 'done') return refusal(begun, run);
  context.report({ kind: 'begun', build: secondary, stamp: run.stamp });

  // What moves the source without a lock is not worth waiting for; and it may have come while this run waited.
  const noted = await stillNoted(run);
  if (noted !== undefined) {
    endRun(run);
    return { kind: 'in-the-way', ...noted };
  }
  const joined = await waitAndJoin(run);
  if (joined.kind !== 'joined') return joined;
  const ready = await readyToBuild(run, joined.head);
  if (ready === undefined || context.signal.aborted) return interrupted(run);
  if (ready.kind !== 'ready') {
    endUpdate(run);
    leave(run);
    return ready;
  }
  const before = reportsBefore(run);
  reportUpdate(run, ready.update);
  context.step('update: reported');
  context.report({ kind: 'updated', update: ready.update });
  endUpdate(run);
  return buildAndReport(run, before, ready);
}

/** It has joined, and the source is what the journal says. */
interface Joined {
  readonly kind: 'joined';
  readonly head: string | undefined;
}

/**
 * What a secondary that has joined is to build, or why it builds nothing.
 *
 * @returns undefined when it was asked to stop
 */
async function readyToBuild(
  run: Run<Secondary>,
  head: string | undefined,
): Promise<(Ready & Required<Pick<Ready, 'update' | 'upTo'>>) | RunResult | undefined> {
  const { build, context } = run;
  const { primary } = build;
  const noted = await stillNoted(run);
  if (noted !== undefined) return { kind: 'in-the-way', ...noted };
  const merged = mergeUpdates(run, head);
  if (merged.kind === 'lost') return { kind: 'update-failed', message: merged.message };
  // Without an update to wait for, it is unknown whether there is news.
  if (build.model === 'Continuous' && !merged.news && primary.update !== undefined) return { kind: 'no-news' };
  const source = run.tracked === undefined ? undefined : sourceOf(run, run.tracked);
  const proof = source === undefined || head === undefined ? undefined : await proveSource(source, head);
  if (context.signal.aborted) return undefined;
  if (proof?.kind === 'not-proved') {
    if (source !== undefined) forget(source);
    return { kind: 'source-not-proved', message: proof.message };
  }
  const inTheWay = workingInTheWay(run, 'directory');
  if (inTheWay !== undefined) return { kind: 'in-the-way', ...inTheWay };
  const { update, upTo } = proof === undefined ? merged : withLocalChanges(merged, proof.modified);
  return { kind: 'ready', source, revision: head, update, upTo, leave: async () => leave(run) };
}

/** The stage `update` of a secondary is to wait for its primary's. */
async function waitAndJoin(run: Run<Secondary>): Promise<RunResult | Joined> {
  const { build, layout, held, context } = run;
  const own = join(layout.temporary, UPDATE);
  if (held.create(own) === 'exists') {
    endRun(run);
    const found = readStageLock(own);
    return { kind: 'held', locks: found === undefined ? [] : [found] };
  }
  context.step('update: stage locked');
  const began = performance.now();
  let reported = false;
  for (;;) {
    const remainingMs = Math.max(0, build.updateTimeoutMs - (performance.now() - began));
    const notJoined = await joinInTime(run, remainingMs);
    if (notJoined?.kind === 'interrupted') return notJoined;
    const state = notJoined ?? (await sourceState(run));
    if (state.kind === 'as-recorded') return { kind: 'joined', head: state.head };
    if (context.signal.aborted) return interrupted(run);
    if (notJoined === undefined) leavePrimary(run);
    if ((state.kind === 'unrecorded' || state.kind === 'half-moved') && remainingMs > 0) {
      if (!reported) context.report(waitingFor(state, remainingMs));
      reported = true;
      const waitedFrom = performance.now();
      await untilRecorded(run, remainingMs);
      const waits = [{ lock: UPDATE, build: build.primary.name, ms: performance.now() - waitedFrom }];
      context.report({ kind: 'waits', waits });
      continue;
    }
    endUpdate(run);
    endRun(run);
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

async function joinInTime(run: Run<Secondary>, timeoutMs: number): Promise<RunResult | undefined> {
  const joining = waitThrough(run, () => joinPrimary(run), {
    temporary: layoutOf(run.build.primary.directory).temporary,
    timeoutMs,
    // Its own mark there was left by a run that died; only a person removes that.
    worthWaiting: (locks) => locks.every((lock) => lock.name === UPDATE),
  });
  const result = await joining.catch((error: unknown) => {
    // It could not enter its primary's directory at all, has looked at nothing and touched nothing: there is nothing to
    // investigate in its own directory, whose locks would only keep it from its next run.
    if (error instanceof LockError && !run.held.paths.includes(markOf(run.build))) {
      endUpdate(run);
      endRun(run);
    }
    throw error;
  });
  return result.kind === 'done' ? undefined : refusal(result, run);
}

/** Waits without having joined, since the primary cannot repair it while a secondary has. */
async function untilRecorded(run: Run<Secondary>, timeoutMs: number): Promise<void> {
  const { signal } = run.context;
  const end = performance.now() + timeoutMs;
  do {
    await pause(Math.min(RECORD_POLL_MS, Math.max(0, end - performance.now())), signal);
  } while (
    performance.now() < end &&
    !signal.aborted &&
    ['unrecorded', 'half-moved'].includes((await sourceState(run)).kind)
  );
}

function leave(run: Run<Secondary>): void {
  leavePrimary(run);
  endRun(run);
}
