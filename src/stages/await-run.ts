import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Build } from '../config/project.js';
import type { Host } from '../host/host.js';
import { pause } from '../host/pause.js';
import { judgeRun } from './fate.js';
import { type PastRun, readHistory } from './history.js';
import { RUNNING } from './names.js';
import { type FoundStageLock, readStageLock } from './stage-lock.js';
import { layoutOf } from './temporary.js';

/** What became of the run that was waited for. */
export type AwaitedRun =
  /** None was in progress. */
  | { readonly kind: 'none' }
  /** As its history says; undefined where that says nothing: it found no news, or a person has removed its locks. */
  | { readonly kind: 'ended'; readonly past: PastRun | undefined }
  /** Its process is gone, and its locks are left. */
  | { readonly kind: 'died'; readonly lock: FoundStageLock }
  | { readonly kind: 'timed-out'; readonly lock: FoundStageLock }
  | { readonly kind: 'aborted' };

const LOOK_EVERY_MS = 500;

/**
 * Waits until the run of a build that is in progress now has ended, also one of another user or on another host. Looks at its lock and
 * takes none, so that no run notices it.
 *
 * @param timeoutMs undefined for as long as it takes
 */
export async function awaitRun(
  build: Build,
  {
    host,
    timeoutMs,
    signal,
  }: { readonly host: Host; readonly timeoutMs: number | undefined; readonly signal: AbortSignal },
): Promise<AwaitedRun> {
  const path = join(layoutOf(build.directory).temporary, RUNNING);
  const first = readStageLock(path);
  if (first === undefined) return { kind: 'none' };
  const run = first.record?.run;
  const endMs = performance.now() + (timeoutMs ?? Number.POSITIVE_INFINITY);
  for (;;) {
    const lock = readStageLock(path);
    // Without a record of its owner, it is not known whether it is another one by now.
    if (lock === undefined || (run !== undefined && lock.record !== undefined && lock.record.run !== run)) {
      return { kind: 'ended', past: await endOf(build, run, signal) };
    }
    if (judgeRun(lock.record, host).fate === 'dead') {
      // One that broke off in order has its locks stay, and says how it ended.
      const past = lineOf(build, run);
      return past?.ended === undefined ? { kind: 'died', lock } : { kind: 'ended', past };
    }
    const leftMs = endMs - performance.now();
    if (leftMs <= 0) return { kind: 'timed-out', lock };
    await pause(Math.min(LOOK_EVERY_MS, leftMs), signal);
    if (signal.aborted) return { kind: 'aborted' };
  }
}

/** A run writes its line a moment after it has removed its lock; one without news writes none. */
const LINE_MS = 1000;
/** One that has begun to build has said so, and its end will come, unless a person has removed its locks. */
const LATE_LINE_MS = 20_000;

/** How a run ended that has removed its lock. */
async function endOf(build: Build, run: string | undefined, signal: AbortSignal): Promise<PastRun | undefined> {
  const began = performance.now();
  for (;;) {
    const past = lineOf(build, run);
    const patienceMs = past === undefined ? LINE_MS : LATE_LINE_MS;
    if (past?.ended !== undefined) return past;
    if (performance.now() - began > patienceMs || signal.aborted) return undefined;
    await pause(100, signal);
  }
}

/** What the history says of a run; it has no end as long as that has not been recorded. */
function lineOf(build: Build, run: string | undefined): PastRun | undefined {
  return readHistory(build.directory).runs.find((past) => past.run === run);
}
