import { join } from 'node:path';
import type { Build, Project } from '../config/project.js';
import { layoutOf } from '../stages/temporary.js';
import { WarningTeller } from '../warnings/teller.js';
import { describeFiring, type Firing } from './firing.js';
import type { JobRecord } from './job-record.js';
import { postReport, type ReportedJob } from './job-report.js';

/** What the maintainers are told when a run is left out because the one before it is still going on; the first time, then ever more rarely. */
export function reportOverlap(
  project: Project,
  build: Build,
  firing: Firing,
  { record: running, log }: ReportedJob,
  now: Date,
  complain: (text: string) => void,
): boolean {
  const { name, schedule } = build;
  const lines = [
    `stagelock: ${name}: not run ${describeFiring(firing)}, because its run of ${running.began} is still going on.`,
    `  process ${running.pid ?? 'unknown'} on ${running.host}${log === undefined ? '' : `, log: ${log}`}`,
    `  If this comes often, the interval between its runs (${schedule}) is too short.`,
  ];
  const told = warningsOf(build, now).warn('overlap', running.id, lines);
  if (told.length === 0) return false;
  const id = `${running.id}-${firing}`;
  const record = { ...running, id, began: now.toISOString() };
  return postReport(project, { record, log }, { kind: 'exited', code: HELD }, told.join('\n'), now, complain);
}

/**
 * That a run which others were left out for has ended: one line, if that was told.
 *
 * @param began when the run began
 */
export function overlapEnded(build: Build, { began }: JobRecord, now: Date): string | undefined {
  const [line] = warningsOf(build, now).over('overlap', `${build.name}: its run of ${began} has ended.`, now);
  return line === undefined ? undefined : `stagelock: ${line}`;
}

function warningsOf(build: Build, now: Date): WarningTeller {
  return new WarningTeller(join(layoutOf(build.directory).temporary, 'Warnings.json'), () => now);
}

/** As a run ends that finds another one at work. */
const HELD = 75;
