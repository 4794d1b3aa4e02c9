import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Build, Stage } from '../config/project.js';
import { errorCode, obstacleOf } from '../locks/index.js';
import type { Buildstamp } from './buildstamp.js';
import { removeDebris } from './debris.js';
import { addDuration, type Durations, expectedMs, readDurations, writeDurations } from './durations.js';
import type { HeldLocks } from './held-locks.js';
import { type RunContext, runEnvironment, type StageReport } from './run-context.js';
import { runStageCommand } from './stage-command.js';
import { type FoundStageLock, readStageLock } from './stage-lock.js';
import { openStageLog } from './stage-log.js';
import { reportBefore, writeStageReport } from './stage-report.js';
import { type Layout, logFileOf } from './temporary.js';

export type StagesResult =
  | { readonly kind: 'ran'; readonly stages: readonly StageReport[] }
  /** A lock of a stage stood there, although no run did. */
  | { readonly kind: 'held'; readonly locks: readonly FoundStageLock[] }
  | { readonly kind: 'interrupted' };

/** Runs the stages of a build one after the other, each under its lock. */
export async function runStages(
  build: Build,
  stamp: Buildstamp,
  layout: Layout,
  held: HeldLocks,
  context: RunContext,
): Promise<StagesResult> {
  removeDebris(build, context.now().getTime());
  const reports: StageReport[] = [];
  let durations = readDurations(layout.temporary);
  for (const stage of build.stages) {
    const result = await runStage(stage, build, stamp, layout, held, context, durations);
    if (result.kind !== 'ended') return result;
    reports.push(result.report);
    if (result.report.outcome.kind === 'passed') durations = addDuration(durations, stage.name, result.report.ms);
    else if (stage.onFailure === 'stop') break;
  }
  if (reports.some((report) => report.outcome.kind === 'passed')) remember(durations, layout, context);
  return { kind: 'ran', stages: reports };
}

/** Only the display depends on it: no reason for a run to fail. */
function remember(durations: Durations, { temporary }: Layout, context: RunContext): void {
  try {
    writeDurations(temporary, durations);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    const why = obstacleOf(error)?.message ?? (error instanceof Error ? error.message : String(error));
    context.report({ kind: 'warning', text: `how long the stages took is not remembered: ${why}` });
  }
}

type StageResult =
  | { readonly kind: 'ended'; readonly report: StageReport }
  | Exclude<StagesResult, { readonly kind: 'ran' }>;

/** Lock, log, command, lock removed: in that order, and without a `finally`, so that a crash leaves what it was at. */
async function runStage(
  stage: Stage,
  build: Build,
  stamp: Buildstamp,
  layout: Layout,
  held: HeldLocks,
  context: RunContext,
  durations: Durations,
): Promise<StageResult> {
  const lock = join(layout.temporary, stage.name);
  const logFile = logFileOf(layout, stage.name, stamp.tag);
  if (held.create(lock, logFile) === 'exists') {
    const found = readStageLock(lock);
    return { kind: 'held', locks: found === undefined ? [] : [found] };
  }
  context.step('stage: locked');
  context.report({ kind: 'stage-started', stage: stage.name, expectedMs: expectedMs(durations, stage.name) });
  const log = openStageLog(logFile);
  log.line(`[stagelock] ${context.now().toISOString()} ${stage.name} of ${build.name}, ${stamp.text}`);
  log.line(`[stagelock] in ${stage.directory}: ${commandLine(stage)}`);

  const before = reportBefore(build, stage, stamp.tag);
  const started = context.now().getTime();
  const startMs = performance.now();
  const environment = { ...runEnvironment(build, stamp, context), STAGELOCK_STAGE: stage.name, ...stage.environment };
  const outcome = await runStageCommand({ stage, environment, log: log.fd, signal: context.signal });
  const ms = performance.now() - startMs;

  log.line(`[stagelock] ${context.now().toISOString()} ${outcome.kind} after ${(ms / 1000).toFixed(1)} s`);
  log.close();
  context.step('stage: command ended');
  if (outcome.kind === 'aborted') return { kind: 'interrupted' };
  if (before !== undefined) {
    const ended = { started, ended: started + ms, outcome, logFile, logStart: log.start };
    for (const text of writeStageReport(before, ended, build, stage, stamp)) context.report({ kind: 'warning', text });
  }
  const report = { name: stage.name, outcome, ms, logFile };
  context.report({ kind: 'stage-ended', stage: report });
  held.remove(lock);
  context.step('stage: unlocked');
  return { kind: 'ended', report };
}

function commandLine(stage: Stage): string {
  return stage.command.kind === 'shell' ? stage.command.script : JSON.stringify(stage.command.argv);
}
