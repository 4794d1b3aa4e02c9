import { dirname, join } from 'node:path';
import { formatProblems } from '../config/problem.js';
import type { Build, Project } from '../config/project.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import { type Host, thisHost } from '../host/host.js';
import { describeHolder, type HeldLock, openLock } from '../locks/index.js';
import type { Firing } from '../scheduler/firing.js';
import { announce, instanceName, withdraw } from '../scheduler/instance.js';
import { adoptJob, type Job, orphans, startJob } from '../scheduler/job.js';
import { type JobRecord, JobRecords } from '../scheduler/job-record.js';
import { reportJob } from '../scheduler/job-report.js';
import { MailDesk } from '../scheduler/mail-desk.js';
import { overlapEnded, reportCrowd, reportOverlap } from '../scheduler/overlap.js';
import { announceWaiting } from '../scheduler/places.js';
import { runCommandOf, runLogOf } from '../scheduler/run-command.js';
import { Scheduler } from '../scheduler/scheduler.js';
import { ServiceManager, withoutServiceManager } from '../scheduler/service-manager.js';
import { shown } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';
import { complain } from './failure.js';
import { timeOf } from './progress.js';
import { configFileOf, type GlobalOptions, projectOf } from './project-of.js';
import { thisProgram } from './this-program.js';
import { loadTrusted } from './trusted-configuration.js';
import { userName } from './user-name.js';

/** How long mails that came last may take when it stops. */
const LAST_MAILS_MS = 20_000;

/** `stagelock schedule` */
export async function scheduleCommand(options: GlobalOptions): Promise<void> {
  const project = projectOf(options);
  if (![...project.builds.values()].some(({ schedule, watch }) => schedule !== undefined || watch.length > 0)) {
    throw new Refusal(
      EXIT.usage,
      `${project.file}: no build has a \`schedule\`, such as "*/10 * * * *", or a \`watch\``,
    );
  }
  const host = thisHost();
  const instance = await onlyInstance(project, host);
  try {
    announce(project.scheduler.state, host, new Date());
    // Of one that was killed.
    announceWaiting(project.scheduler.state, host, project.scheduler.maxRuns, []);
    await serve(project, host, options);
    withdraw(project.scheduler.state, host);
  } finally {
    instance.release();
  }
}

/** One for a project and a host: a second one would wait for every run of the first. */
async function onlyInstance({ scheduler, file }: Project, host: Host): Promise<HeldLock> {
  ensureDirectory(scheduler.state);
  const lock = openLock(join(scheduler.state, instanceName(host)));
  const acquisition = await lock.acquire({ timeoutMs: 0 });
  if (acquisition.kind === 'acquired') return acquisition.lock;
  const holder = acquisition.kind === 'timed-out' ? describeHolder(acquisition.holder, Date.now()) : 'told to stop';
  throw new Refusal(
    EXIT.held,
    `a scheduler of ${file} runs on this host already; ${lock.path}: ${holder}\n  A changed configuration needs no new one: kill -HUP its process`,
  );
}

async function serve(first: Project, host: Host, options: GlobalOptions): Promise<void> {
  let project = first;
  const records = new JobRecords(project.scheduler.state);
  const manager = new ServiceManager(process.env);
  const desk = new MailDesk(project, { now: () => new Date(), environment: process.env, note, complain });
  const ended = new AbortController();
  const scheduler = new Scheduler(project, {
    host,
    note,
    complain,
    start: (project, build, firing) => startJob(orderOf(project, build, firing), records, host, new Date()),
    ended: async (project, job, end) => {
      const build = project.builds.get(job.record.build);
      const also = build === undefined ? undefined : overlapEnded(build, job.record, new Date());
      reportJob({ project, complain }, records, job, { end, also, now: new Date() });
      desk.look(); // the run may have written to authors, too
    },
    overlapped: async (project, build, firing, by) => {
      const leftOut = { project, build, firing, now: new Date(), complain };
      const { command, user } = orderOf(project, build, firing);
      const told =
        by.kind === 'runs'
          ? reportOverlap(leftOut, by.job)
          : reportCrowd(leftOut, by.waiting, { command, user, host: host.name, keeper: { pid: host.pid } });
      if (told) desk.look();
    },
    waiting: ({ scheduler: { state, maxRuns } }, waiting) => announceWaiting(state, host, maxRuns, waiting),
  });
  // From the beginning, or one that comes early would end us.
  let isAsked = false;
  let reload = (): void => {
    isAsked = true;
  };
  process.on('SIGHUP', () => reload());
  const stopped = untilStopped();
  const adopt = (record: JobRecord): Job => {
    const build = first.builds.get(record.build);
    return adoptJob(record, build === undefined ? undefined : runLogOf(first, build), host, ended.signal);
  };
  records.tidy(Date.now());
  scheduler.start(orphans(records, host).map(adopt));
  desk.look();
  if ((project.mail?.to.length ?? 0) === 0) note('no `to` in [mail]: what runs complain of goes to standard error');
  void manager.tell('READY=1', `STATUS=runs ${project.builds.size} builds of ${project.name}`);
  const alive = signsOfLife(manager);

  reload = (): void => {
    void manager.tell('RELOADING=1');
    project = reloaded(project, options) ?? project;
    scheduler.reload(project);
    desk.use(project);
    void manager.tell('READY=1');
  };
  if (isAsked) reload();
  const hurry = await stopped;
  reload = (): void => undefined; // a terminal that is closed
  void manager.tell('STOPPING=1');
  await scheduler.stop(project.scheduler.stopLimitMs, hurry);
  await desk.close(LAST_MAILS_MS);
  clearInterval(alive);
  ended.abort();
  note('ends');
}

function orderOf(project: Project, build: Build, firing: Firing) {
  const { program } = thisProgram(project.file);
  const argv = runCommandOf(project, build, program, ['--leave-mail', '--firing', firing.name]);
  return {
    build: build.name,
    argv: argv as [string, ...string[]],
    command: runCommandOf(project, build, ['stagelock']).join(' '),
    directory: dirname(project.file),
    environment: withoutServiceManager(process.env),
    user: userName(),
    output: { kind: 'file' as const, path: runLogOf(project, build) },
  };
}

/** The configuration as it is now; undefined, and everything that is wrong with it is told, when it is no better. */
function reloaded(project: Project, options: GlobalOptions): Project | undefined {
  const loaded = loadTrusted(configFileOf(options));
  if (loaded.kind === 'invalid') {
    complain(
      ['the configuration is as before, since the new one is wrong:', ...formatProblems(loaded.problems)].join('\n  '),
    );
    return undefined;
  }
  if (loaded.project.scheduler.state !== project.scheduler.state) {
    complain(
      `the configuration is as before, since another \`state\` of [scheduler] needs a new start: ${loaded.project.scheduler.state}`,
    );
    return undefined;
  }
  note('has read the configuration again');
  return loaded.project;
}

/** A scheduler whose event loop stands still says nothing, and is started afresh. */
function signsOfLife(manager: ServiceManager): NodeJS.Timeout | undefined {
  const { watchdogMs } = manager;
  return watchdogMs === undefined ? undefined : setInterval(() => void manager.tell('WATCHDOG=1'), watchdogMs / 2);
}

/** Until the first INT or TERM. @returns what fires at the second */
async function untilStopped(): Promise<AbortSignal> {
  const hurry = new AbortController();
  await new Promise<void>((resolve) => {
    let count = 0;
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => {
        count++;
        if (count === 1) note(`told to stop by ${name}; again to interrupt what runs`);
        if (count === 1) resolve();
        else hurry.abort();
      });
    }
  });
  return hurry.signal;
}

function note(text: string): void {
  process.stdout.write(`${timeOf(new Date())} ${shown(text)}\n`);
}
