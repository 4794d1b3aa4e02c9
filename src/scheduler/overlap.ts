import { join } from 'node:path';
import type { Build, Project } from '../config/project.js';
import { layoutOf } from '../stages/temporary.js';
import { momentText } from '../text/moment.js';
import { WarningReporter } from '../warnings/reporter.js';
import { describeFiring, type Firing } from './firing.js';
import type { JobRecord } from './job-record.js';
import { postReport, type ReportedJob } from './job-report.js';
import type { WaitingRun } from './places.js';

/** The context for reporting a firing that is skipped. */
export interface LeftOut {
  readonly project: Project;
  readonly build: Build;
  readonly firing: Firing;
  readonly now: Date;
  readonly complain: (text: string) => void;
}

/**
 * Reports to the maintainers that a run was skipped because the one before it is still in progress: the first time, then less
 * and less often. @returns whether there is a letter to deliver
 */
export function reportOverlap(leftOut: LeftOut, { record, log }: ReportedJob): boolean {
  const { name, schedule } = leftOut.build;
  const lines = [
    `stagelock: ${name}: not run ${describeFiring(leftOut.firing)}, because its run of ${momentText(record.began)} is still in progress.`,
    `  process ${record.pid ?? 'unknown'} on ${record.host}${log === undefined ? '' : `, log: ${log}`}`,
    `  If this happens often, the interval between its runs (${schedule}) is too short.`,
  ];
  return report(leftOut, lines, { record, log });
}

/** The same when the one before it still waits for a free slot. @param job as it will be */
export function reportCrowd(
  leftOut: LeftOut,
  { since }: WaitingRun,
  job: Pick<JobRecord, 'command' | 'user' | 'host' | 'keeper'>,
): boolean {
  const { project, build, firing } = leftOut;
  const { maxRuns } = project.scheduler;
  const lines = [
    `stagelock: ${build.name}: not run ${describeFiring(firing)}, because its last run has been waiting for a free slot since ${momentText(since)}.`,
    `  ${job.host} runs at most ${maxRuns} at once (max_runs in [scheduler]).`,
    '  If this happens often, this host cannot keep up with its runs: allow more at once, or run builds less often.',
  ];
  return report(leftOut, lines, {
    record: { ...job, id: `waits-${build.name}`, build: build.name, began: since },
    log: undefined,
  });
}

function report(
  { project, build, firing, now, complain }: LeftOut,
  lines: string[],
  { record, log }: ReportedJob,
): boolean {
  const reported = warningsOf(build, now).warn('overlap', record.id, lines);
  if (reported.length === 0) return false;
  const one = { ...record, id: `${record.id}-${firing.name}`, began: now.toISOString() };
  const report = { end: { kind: 'exited', code: HELD } as const, stderr: reported.join('\n'), now };
  return postReport({ project, complain }, { record: one, log }, report);
}

/**
 * One line saying that a run that made others be skipped has ended, if that was reported.
 *
 * @param began when the run began
 */
export function overlapEnded(build: Build, { began }: JobRecord, now: Date): string | undefined {
  const [line] = warningsOf(build, now).over(
    'overlap',
    `${build.name}: its run of ${momentText(began)} has ended.`,
    now,
  );
  return line === undefined ? undefined : `stagelock: ${line}`;
}

function warningsOf(build: Build, now: Date): WarningReporter {
  return new WarningReporter(join(layoutOf(build.directory).temporary, 'Warnings.json'), () => now);
}

/** The exit code of a run that finds another one in progress. */
const HELD = 75;
