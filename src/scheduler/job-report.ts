import { lstatSync } from 'node:fs';
import type { Project } from '../config/project.js';
import { endOfFile } from '../mail/excerpt.js';
import { jobLetter } from '../mail/job-letter.js';
import { postLetter } from '../mail/post-office.js';
import { readHistory } from '../stages/history.js';
import type { Job, JobEnd } from './job.js';
import type { JobRecords } from './job-record.js';

/** What a report is about. */
export type ReportedJob = Pick<Job, 'record' | 'log'>;

/** Where reports go. */
export interface Recipient {
  readonly project: Project;
  /** Writes to our standard error, where the configuration names no recipient of mails. */
  readonly complain: (text: string) => void;
}

/** What a letter is made of is read whole up to this, in bytes; of more, which no run of ours has to say, only the end. */
const WHOLE_BYTES = 256 * 1024;

/**
 * Tells the maintainers what cron would have mailed of a job: by a letter in the spool, or on our own standard error where
 * the configuration names no recipient. Then the job is forgotten; if this process dies in between, the next one reports the job
 * once more, by a letter with the same id.
 *
 * @param also what there is to say besides, of the job
 * @returns whether there is a letter to deliver
 * @throws the system's error, for example ENOSPC; then the job is not forgotten
 */
export function reportJob(
  recipient: Recipient,
  records: JobRecords,
  job: ReportedJob,
  { end, also, now }: { readonly end: JobEnd; readonly also?: string | undefined; readonly now: Date },
): boolean {
  const { record } = job;
  const own = stderrOf(records.stderrOf(record));
  const stderr = also === undefined ? own : `${own}${also}\n`;
  const posted = postReport(recipient, job, { end, stderr, now });
  records.remove(record);
  return posted;
}

/** The letter about a job, or our own standard error. @returns whether there is a letter to deliver */
export function postReport(
  { project, complain }: Recipient,
  { record, log }: ReportedJob,
  { end, stderr, now }: { readonly end: JobEnd; readonly stderr: string; readonly now: Date },
): boolean {
  // No process saw its end, but it wrote nothing, so it succeeded: every failure writes something.
  if (end.kind === 'vanished' && stderr.trim() === '') return false;
  const { mail } = project;
  if (mail === undefined || mail.to.length === 0) {
    if (stderr.trim() !== '') complain(stderr.trimEnd());
    return false;
  }
  const { id, build, command, user, host } = record;
  const report = {
    id,
    project: project.name,
    build,
    command,
    user,
    host,
    began: new Date(record.began),
    ended: now,
    exit: end,
    headline: headlineOf(project, record, end),
    stderr,
    log,
    logStart: record.outputStart ?? 0,
  };
  const letter = jobLetter(report, mail);
  return letter !== undefined && postLetter(project, letter, now) === 'added';
}

/** The exit code of such a run, see docs/exit-codes.md. */
const A_STAGE_FAILED = 1;

/** What failed, by the history of the build. Of two runs at the same time, the one that found the other at work has no such end. */
function headlineOf(project: Project, { build, began }: ReportedJob['record'], end: JobEnd): string | undefined {
  const directory = project.builds.get(build)?.directory;
  if (directory === undefined || end.kind !== 'exited' || end.code !== A_STAGE_FAILED) return undefined;
  try {
    return readHistory(directory).runs.findLast(({ ended }) => ended !== undefined && ended >= began)?.headline;
  } catch {
    return undefined;
  }
}

/** Never throws: a mail says why it cannot quote it. */
function stderrOf(path: string): string {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return ''; // nothing was started
  return endOfFile(path, { bytes: WHOLE_BYTES, lines: 10_000 });
}
