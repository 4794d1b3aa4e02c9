import { lstatSync } from 'node:fs';
import type { Project } from '../config/project.js';
import { readRegularFile } from '../locks/index.js';
import { endOfFile } from '../mail/excerpt.js';
import { jobLetter } from '../mail/job-letter.js';
import { postLetter } from '../mail/post-office.js';
import type { JobEnd } from './job.js';
import type { JobRecord, JobRecords } from './job-record.js';

/** What a letter is made of is read whole up to this; of more, which no run of ours has to say, only the end. */
const WHOLE_BYTES = 256 * 1024;

/**
 * Tells the maintainers what cron would have mailed of a job: by a letter in the spool, or on our own standard error where
 * nobody is named who gets mails. Then the job is forgotten; a process that dies in between tells it once more, by a letter of
 * the same id.
 *
 * @param also what there is to say besides, of the job; undefined when nothing
 * @param complain writes to our standard error
 * @returns whether there is a letter to deliver
 * @throws the system's error, for example ENOSPC; then the job is not forgotten
 */
export function reportJob(
  project: Project,
  records: JobRecords,
  record: JobRecord,
  end: JobEnd,
  also: string | undefined,
  now: Date,
  complain: (text: string) => void,
): boolean {
  const own = stderrOf(records.stderrOf(record));
  const stderr = also === undefined ? own : `${own}${also}\n`;
  const posted = postReport(project, record, end, stderr, now, complain);
  records.remove(record);
  return posted;
}

/** The letter about a job, or our own standard error. @returns whether there is a letter to deliver */
export function postReport(
  project: Project,
  record: JobRecord,
  end: JobEnd,
  stderr: string,
  now: Date,
  complain: (text: string) => void,
): boolean {
  // It ended while nobody looked and has said nothing, so it went well: whatever goes wrong is said.
  if (end.kind === 'vanished' && stderr.trim() === '') return false;
  const { mail } = project;
  if (mail === undefined || mail.to.length === 0) {
    if (stderr.trim() !== '') complain(stderr.trimEnd());
    return false;
  }
  const { id, build, command, user, host, log } = record;
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
    stderr,
    log,
  };
  const letter = jobLetter(report, mail);
  return letter !== undefined && postLetter(project, letter, now) === 'added';
}

function stderrOf(path: string): string {
  const size = lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return size <= WHOLE_BYTES
    ? (readRegularFile(path, WHOLE_BYTES) ?? '')
    : endOfFile(path, { bytes: WHOLE_BYTES, lines: 10_000 });
}
