import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Stage } from '../config/project.js';
import type { Failure } from '../failures/failure.js';
import { obstacleOf } from '../files/in-the-way.js';
import { errorCode } from '../host/error-code.js';
import { StillRunning } from '../processes/still-running.js';
import { CTEST_LIMITS } from '../reports/log-scan/scan.js';
import { errorText } from '../text/error-text.js';
import { removeDebris } from './debris.js';
import { addDuration, type Durations, expectedMs, readDurations, writeDurations } from './durations.js';
import { describeOutcome } from './outcome-text.js';
import { logOf, type Run } from './run.js';
import type { StageReport } from './run-event.js';
import { runStageCommand, type StageEnd, type StageOutcome } from './stage-command.js';
import {
  type Complaints,
  complaintsOf,
  customOf,
  explainLeftOut,
  explainRefused,
  judgedBy,
  type LogPart,
} from './stage-complaints.js';
import { stageEnvironment } from './stage-environment.js';
import { type FoundStageLock, readStageLock } from './stage-lock.js';
import { openStageLog } from './stage-log.js';
import { type ReportBefore, reportBefore, writeStageReport } from './stage-report.js';
import { tidyLogs } from './tidy-logs.js';

export type StagesResult =
  | { readonly kind: 'ran'; readonly stages: readonly StageReport[] }
  /** A lock of a stage stood there, although no run did. */
  | { readonly kind: 'held'; readonly locks: readonly FoundStageLock[] }
  | { readonly kind: 'interrupted' };

/** Runs the stages of a build one after the other, each under its lock. */
export async function runStages(run: Run): Promise<StagesResult> {
  const { build, layout, context } = run;
  removeDebris(build, context.now().getTime());
  const reports: StageReport[] = [];
  let durations = readDurations(layout.temporary);
  for (const stage of build.stages) {
    const result = await runStage(run, stage, expectedMs(durations, stage.name));
    if (result.kind !== 'ended') return result;
    reports.push(result.report);
    if (result.report.outcome.kind === 'passed') durations = addDuration(durations, stage.name, result.report.ms);
    else if (stage.onFailure === 'stop') break;
  }
  if (reports.some((report) => report.outcome.kind === 'passed')) remember(run, durations);
  await tidyLogs(run);
  return { kind: 'ran', stages: reports };
}

/** Only the display depends on it: no reason for a run to fail. */
function remember({ layout, context }: Run, durations: Durations): void {
  try {
    writeDurations(layout.temporary, durations);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    const why = obstacleOf(error)?.message ?? errorText(error);
    context.report({ kind: 'warning', text: `the durations of the stages could not be recorded: ${why}` });
  }
}

type StageResult =
  | { readonly kind: 'ended'; readonly report: StageReport }
  | Exclude<StagesResult, { readonly kind: 'ran' }>;

/**
 * Lock, log, command, lock removed: in that order, and without a `finally`, so that a crash leaves what it was at. The
 * report and the end of the lock come when nothing of the command runs any more, and never before: what still runs may
 * read the source.
 *
 * @throws StillRunning when something of the command cannot be ended; all locks stay
 */
async function runStage(run: Run, stage: Stage, expected: number | undefined): Promise<StageResult> {
  const { held, context } = run;
  const lock = join(run.layout.temporary, stage.name);
  const log = logOf(run, stage.name);
  if (held.create(lock, log) === 'exists') {
    const found = readStageLock(lock);
    return { kind: 'held', locks: found === undefined ? [] : [found] };
  }
  if (run.line !== undefined && !(await run.line.beginStage(stage.name, log))) return { kind: 'interrupted' };
  context.step('stage: locked');
  const logStart = lstatSync(log, { throwIfNoEntry: false })?.size ?? 0;
  context.report({ kind: 'stage-started', stage: stage.name, expectedMs: expected, logFile: log, logStart });
  const before = reportBefore(run, stage);
  const ran = await runCommand(run, stage, before);
  const { end, complaints, written } = ran;
  if (end.left.length > 0) throw new StillRunning(`stage ${stage.name} of ${run.build.name}`, end.left, log);
  context.step('stage: command ended');
  if (ran.outcome.kind === 'aborted') return { kind: 'interrupted' };
  if (before !== undefined && complaints !== undefined) {
    const ended = { ...ran.times, outcome: ran.outcome, ...written, scan: complaints.scan, limits: complaints.limits };
    for (const text of await writeStageReport(run, stage, before, ended)) context.report({ kind: 'warning', text });
  }
  // A daemon, or half of the build: the command reports success, so its reader must know of them.
  if (ran.outcome.kind === 'passed' && end.ended.length > 0) {
    const many = end.ended.length === 1 ? 'a process' : `${end.ended.length} processes`;
    const text = `${stage.name} left ${many} behind, which stagelock ended. To keep such processes running: may_leave = true (log: ${log})`;
    context.report({ kind: 'warning', text });
  }
  const failure = ran.outcome.kind === 'passed' ? undefined : await examine(run, stage, ran, before);
  const report = { name: stage.name, outcome: ran.outcome, ms: ran.ms, logFile: log, ...(failure && { failure }) };
  context.report({ kind: 'stage-ended', stage: report });
  if (run.line !== undefined && !(await run.line.endStage(stage.name))) return { kind: 'interrupted' };
  held.remove(lock);
  context.step('stage: unlocked');
  return { kind: 'ended', report };
}

/**
 * What failed, for people. Its code is loaded when a stage has failed; where that fails, since stagelock was upgraded meanwhile, say,
 * the run ends as it would without: an exception would leave its locks.
 */
async function examine(
  run: Run,
  stage: Stage,
  { outcome, ms, complaints, written, times }: RanCommand,
  before: ReportBefore | undefined,
): Promise<Failure | undefined> {
  const { build, context } = run;
  const end = describeOutcome({ outcome, ms });
  const { scan, limits } = complaints ?? { scan: undefined, limits: CTEST_LIMITS };
  try {
    const { failureOf } = await import('./stage-failure.js');
    const failed = { stage, end, written, started: times.started, before, scan, limits };
    return await failureOf(build, failed, context.signal);
  } catch (error) {
    context.report({ kind: 'warning', text: `${stage.name}: what failed could not be found out: ${errorText(error)}` });
    return undefined;
  }
}

/** What the command of a stage has done, as its log has it. */
interface RanCommand {
  readonly end: StageEnd;
  readonly outcome: StageOutcome;
  readonly complaints: Complaints | undefined;
  readonly written: LogPart;
  readonly ms: number;
  /** Milliseconds since 1970. */
  readonly times: { readonly started: number; readonly ended: number };
}

/** Runs the command of a stage and looks through what it has written. All of it is in the log of the stage. */
async function runCommand(run: Run, stage: Stage, before: ReportBefore | undefined): Promise<RanCommand> {
  const { build, stamp, context } = run;
  const { signal } = context;
  const log = openStageLog(logOf(run, stage.name));
  log.line(`[stagelock] ${context.now().toISOString()} ${stage.name} of ${build.name}, ${stamp.text}`);
  log.line(`[stagelock] in ${stage.directory}: ${commandLine(stage)}`);
  const environment = stageEnvironment(build, run, stage);
  const custom = await customOf(build, stage, environment, signal);
  for (const line of custom === undefined ? [] : explainRefused(custom)) log.line(`[stagelock] ${line}`);
  if (custom !== undefined && custom.problem !== '') context.report({ kind: 'warning', text: custom.problem });
  const started = context.now().getTime();
  const startMs = performance.now();
  const logStart = log.size();
  const end = await runStageCommand({ stage, environment, log: log.fd, signal });
  const ms = performance.now() - startMs;
  const written = { logFile: log.path, logStart, logEnd: log.size() };

  for (const line of linesOnProcesses(stage, end)) log.line(`[stagelock] ${line}`);
  const interrupted = end.outcome.kind === 'aborted' || end.left.length > 0;
  const complaints = interrupted ? undefined : await complaintsOf(stage, { written, before, custom }, signal);
  const outcome = outcomeOf(end, complaints, stage);
  for (const text of complaints === undefined ? [] : explainLeftOut(stage, complaints)) {
    log.line(`[stagelock] ${text}`);
    context.report({ kind: 'warning', text });
  }
  log.line(`[stagelock] ${context.now().toISOString()} ${outcome.kind} after ${(ms / 1000).toFixed(1)} s`);
  log.close();
  return { end, outcome, complaints, written, ms, times: { started, ended: started + ms } };
}

/** Without complaints, it is unknown whether the stage has passed: a signal came while it ran, or while its log was looked through. */
function outcomeOf({ outcome, left }: StageEnd, complaints: Complaints | undefined, stage: Stage): StageOutcome {
  if (complaints !== undefined) return judgedBy(complaints, outcome, stage);
  return left.length > 0 ? outcome : { kind: 'aborted' };
}

/** What its log says of what the command has left behind. */
function linesOnProcesses({ mayLeave }: Stage, { outcome, ended, left }: StageEnd): string[] {
  const wasEnded = outcome.kind === 'timed-out' || outcome.kind === 'aborted';
  const lines = ended.map(({ pid, command }) => `  process ${pid}: ${command}`);
  if (lines.length > 0)
    lines.unshift(wasEnded ? 'ended:' : 'the command has ended and left processes behind, which were ended:');
  if (lines.length > 0 && !wasEnded && !mayLeave) lines.push('to keep them running: may_leave = true for this stage');
  return [...lines, ...left.map(({ pid, command, why }) => `process ${pid} is still running, ${why}: ${command}`)];
}

function commandLine(stage: Stage): string {
  return stage.command.kind === 'shell' ? stage.command.script : JSON.stringify(stage.command.argv);
}
