import { fstatSync, lstatSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import type { Build, Project } from '../config/project.js';
import { thisHost } from '../host/host.js';
import { adoptJob, type JobEnd, orphans, startJob } from '../scheduler/job.js';
import { JobRecords } from '../scheduler/job-record.js';
import { reportJob } from '../scheduler/job-report.js';
import { runCommandOf, runLogOf } from '../scheduler/run-command.js';
import { shown } from '../text/shown.js';
import { deliverMails } from './deliver-mail.js';
import { EXIT, Refusal } from './exit.js';
import { complain } from './failure.js';
import { adviceOnSecret, passwordOf } from './secret-advice.js';
import { SAME_WISH_MS, stopSignal } from './stop-signal.js';
import { thisProgram } from './this-program.js';
import { userName } from './user-name.js';

/**
 * `stagelock run --mail BUILD`: the run as a process of its own, whose standard error is mailed as cron would, for whoever
 * starts it and does not mail. Ends as the run does.
 *
 * @param options those of the run
 */
export async function mailedRun(project: Project, build: Build, options: readonly string[]): Promise<void> {
  if (project.mail === undefined) {
    throw new Refusal(EXIT.usage, `${project.file}: --mail needs a table [mail] that says who gets mails and how`);
  }
  const host = thisHost();
  const records = new JobRecords(project.scheduler.state);
  records.tidy(Date.now());
  const stop = stopSignal('hurry');
  const { program } = thisProgram(project.file);
  const job = startJob(
    {
      build: build.name,
      argv: runCommandOf(project, build, program, [...options, '--leave-mail']) as [string, ...string[]],
      command: runCommandOf(project, build, ['stagelock'], options).join(' '),
      directory: process.cwd(),
      environment: process.env,
      user: userName(),
      output: { kind: 'ours', path: ownOutputFile() },
    },
    records,
    host,
    new Date(),
  );
  stop.signal.addEventListener('abort', job.interrupt, { once: true });
  if (stop.signal.aborted) job.interrupt();
  const insist = insisting(job.interrupt, stop.atOnce);
  const end = await job.ended;
  insist.cease();
  reportJob({ project, complain }, records, job, { end, now: new Date() });
  await reportOrphans(project, records);
  // Whoever has stopped this has said so; what it had to say waits for the next.
  if (!stop.signal.aborted) await deliver(project, stop.signal);
  process.exitCode = exitCodeOf(end);
  if (end.kind === 'signalled') stop.dieIfHungUp();
}

/**
 * Hands on the wish to end at once: the run takes a signal that comes soon after the first one for the same, and how soon the
 * first has reached it nobody knows.
 */
function insisting(interrupt: () => void, atOnce: AbortSignal): { readonly cease: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const insist = (): void => {
    interrupt();
    timer = setInterval(interrupt, SAME_WISH_MS);
  };
  atOnce.addEventListener('abort', insist, { once: true });
  if (atOnce.aborted) insist();
  return {
    cease: () => {
      atOnce.removeEventListener('abort', insist);
      clearInterval(timer);
    },
  };
}

/** The file that cron's line has redirected our standard output to, if it is one. */
function ownOutputFile(): string | undefined {
  try {
    const path = readlinkSync('/proc/self/fd/1');
    const [ours, there] = [fstatSync(1), lstatSync(path)];
    return ours.isFile() && ours.ino === there.ino && ours.dev === there.dev ? path : undefined;
  } catch {
    return undefined; // not Linux, or it has been removed
  }
}

/** Runs whose keeper was killed, and that have ended since. */
async function reportOrphans(project: Project, records: JobRecords): Promise<void> {
  const host = thisHost();
  for (const record of orphans(records, host)) {
    const build = project.builds.get(record.build);
    const log = build === undefined ? undefined : runLogOf(project, build);
    const job = adoptJob(record, log, host, AbortSignal.abort());
    // Asked once: its own promise looks at another moment, and may find it still there.
    if (job.isThere()) continue;
    reportJob({ project, complain }, records, job, { end: { kind: 'vanished' }, now: new Date() });
  }
}

async function deliver(project: Project, signal: AbortSignal): Promise<void> {
  const delivery = await deliverMails(project, signal);
  for (const problem of delivery?.problems ?? []) complain(shown(problem));
  if (delivery?.end.kind === 'put-off') {
    const advice = adviceOnSecret(passwordOf(project.mail)).join('\n');
    complain(
      `a mail could not be sent, and is tried again by later runs: ${shown(delivery.end.why)}${advice && `\n${advice}`}`,
    );
  }
}

function exitCodeOf(end: JobEnd): number {
  switch (end.kind) {
    case 'exited':
      return end.code;
    case 'signalled':
      return 128 + constants.signals[end.signal];
    case 'vanished':
      return EXIT.internal;
  }
}
