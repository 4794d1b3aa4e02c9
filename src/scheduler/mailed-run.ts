import type { Build, Project } from '../config/project.js';
import { ownOutputFile } from '../files/own-output.js';
import type { Host } from '../host/host.js';
import { deliverCollected } from '../mail/deliver-waiting.js';
import { adviceOnSecret, passwordOf } from '../secrets/advice.js';
import { isBuiltByAll } from '../stages/updates-to-build.js';
import { shown } from '../text/shown.js';
import { adoptJob, type JobEnd, orphans, startJob } from './job.js';
import { JobRecords } from './job-record.js';
import { reportJob } from './job-report.js';
import { logOfJob, runCommandOf } from './run-command.js';

/** What the process of a mailed run gives it. */
export interface MailedRunContext {
  readonly host: Host;
  readonly user: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
  /** This program, and what comes before the verb; absolute. */
  readonly program: readonly string[];
  /** What a person has to know. */
  readonly complain: (text: string) => void;
  /** Fires when it is to end, and when it is to end at once. */
  readonly stop: { readonly signal: AbortSignal; readonly atOnce: AbortSignal };
  /** How long two signals count as one for the run, in milliseconds. */
  readonly sameRequestMs: number;
}

/**
 * `stagelock run --mail BUILD`: the run as a process of its own, whose standard error is mailed as cron would, for a caller
 * that does not mail.
 *
 * @param options those of the run
 * @returns how the run has ended
 */
export async function mailedRun(
  project: Project,
  build: Build,
  options: readonly string[],
  context: MailedRunContext,
): Promise<JobEnd> {
  const { host, user, environment, directory, program, stop, complain } = context;
  const records = new JobRecords(project.scheduler.state);
  const began = new Date();
  records.tidy(began.getTime());
  const job = startJob(
    {
      build: build.name,
      argv: runCommandOf(project, build, program, [...options, '--leave-mail']) as [string, ...string[]],
      command: runCommandOf(project, build, ['stagelock'], options).join(' '),
      directory,
      environment,
      user,
      output: { kind: 'ours', path: ownOutputFile() },
    },
    records,
    host,
    began,
  );
  stop.signal.addEventListener('abort', job.interrupt, { once: true });
  if (stop.signal.aborted) job.interrupt();
  const insist = insisting(job.interrupt, stop.atOnce, context.sameRequestMs);
  const end = await job.ended;
  insist.cease();
  reportJob({ project, complain }, records, job, { end, now: new Date() });
  await reportOrphans(project, records, context);
  // The person who stopped this run knows of it; its mail waits for the next run.
  if (!stop.signal.aborted) await deliver(project, build, began, context);
  return end;
}

/**
 * Hands on the request to end at once: the run takes a signal that comes soon after the first one for the same, and how soon the
 * first one has reached it is unknown.
 */
function insisting(interrupt: () => void, atOnce: AbortSignal, everyMs: number): { readonly cease: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const insist = (): void => {
    interrupt();
    timer = setInterval(interrupt, everyMs);
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

/** Runs whose keeper was killed, and that have ended since. */
async function reportOrphans(
  project: Project,
  records: JobRecords,
  { host, complain }: MailedRunContext,
): Promise<void> {
  for (const record of orphans(records, host)) {
    const job = adoptJob(record, logOfJob(project, record), host, AbortSignal.abort());
    // Asked once: its own promise looks at another moment, and may find it still there.
    if (job.isThere()) continue;
    reportJob({ project, complain }, records, job, { end: { kind: 'vanished' }, now: new Date() });
  }
}

/** @param began when the run did: what it has told the authors may wait for other builds that the same commit breaks */
async function deliver(
  project: Project,
  build: Build,
  began: Date,
  { environment, stop, complain }: MailedRunContext,
): Promise<void> {
  const context = { now: () => new Date(), environment, signal: stop.signal, atOnce: false };
  const delivery = await deliverCollected(
    project,
    { since: began, isComplete: () => isBuiltByAll(project, build) },
    context,
  );
  for (const problem of delivery?.problems ?? []) complain(shown(problem));
  if (delivery?.end.kind === 'put-off') {
    const advice = adviceOnSecret(passwordOf(project.mail)).join('\n');
    complain(`could not send a mail; later runs retry: ${shown(delivery.end.why)}${advice && `\n${advice}`}`);
  }
}
