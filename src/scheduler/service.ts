import { dirname, join } from 'node:path';
import type { Build, Project } from '../config/project.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import type { Host } from '../host/host.js';
import { describeHolder, type HeldLock, openLock } from '../locks/index.js';
import { Desk, EVENTS, MAILS } from './desk.js';
import type { Firing } from './firing.js';
import { announce, instanceName, withdraw } from './instance.js';
import { adoptJob, type Job, type JobOrder, orphans, startJob } from './job.js';
import { type JobRecord, JobRecords } from './job-record.js';
import { reportJob } from './job-report.js';
import { postLongRun } from './long-run.js';
import { overlapEnded, reportCrowd, reportOverlap } from './overlap.js';
import { announceWaiting } from './places.js';
import { logOfJob, runCommandOf, runLogOf } from './run-command.js';
import { Scheduler } from './scheduler.js';
import { ServiceManager, withoutServiceManager } from './service-manager.js';

/** What a scheduler's process gives it. */
export interface Surroundings {
  readonly host: Host;
  readonly user: string;
  readonly environment: NodeJS.ProcessEnv;
  /** This program, and what comes before the verb; absolute. */
  readonly program: (configFile: string) => readonly string[];
  /** What happens, for a log. */
  readonly note: (text: string) => void;
  /** What a person has to know. */
  readonly complain: (text: string) => void;
  /** The configuration as it is now; undefined, and the reasons are reported, where it is not valid. */
  readonly reload: (project: Project) => Project | undefined;
  /** Calls the function, instead of one before it, for each request to reload the configuration; also for one that came earlier. */
  readonly onReload: (act: () => void) => void;
  /** Fires when it is to end, and when it is to end at once. */
  readonly stop: { readonly signal: AbortSignal; readonly atOnce: AbortSignal };
}

/** How long mails and events that came last may take when it stops. */
const LAST_MAILS_MS = 20_000;

/** How a scheduler's process ended. */
export type ServiceEnd =
  | { readonly kind: 'ended' }
  /** Another one runs on this host; a second one would wait for every run of the first. */
  | { readonly kind: 'held'; readonly message: string };

/** Runs the builds of a project by their `schedule` and `watch`, until it is to end; the only one of its project and host. */
export async function serve(project: Project, surroundings: Surroundings): Promise<ServiceEnd> {
  const { scheduler } = project;
  const { host } = surroundings;
  ensureDirectory(scheduler.state);
  const lock = openLock(join(scheduler.state, instanceName(host)));
  const acquisition = await lock.acquire({ timeoutMs: 0 });
  if (acquisition.kind !== 'acquired') {
    const holder = acquisition.kind === 'timed-out' ? describeHolder(acquisition.holder, Date.now()) : 'interrupted';
    return {
      kind: 'held',
      message: `a scheduler of ${project.file} is already running on this host; ${lock.path}: ${holder}\n  To reload a changed configuration, send HUP to that process.`,
    };
  }
  await serveUnder(acquisition.lock, project, surroundings);
  return { kind: 'ended' };
}

async function serveUnder(instance: HeldLock, project: Project, surroundings: Surroundings): Promise<void> {
  const { scheduler } = project;
  const { host } = surroundings;
  try {
    announce(scheduler.state, host, new Date());
    // Of one that was killed.
    announceWaiting(scheduler.state, host, scheduler.maxRuns, []);
    await new Service(project, surroundings).run();
    withdraw(scheduler.state, host);
  } finally {
    instance.release();
  }
}

/** One scheduler with what it needs around it: the records of its jobs, the desks of mails and events, and systemd where that has started it. */
class Service {
  #project: Project;
  readonly #records: JobRecords;
  readonly #manager: ServiceManager;
  readonly #mailDesk: Desk;
  readonly #eventDesk: Desk;
  readonly #scheduler: Scheduler;
  readonly #ended = new AbortController();
  readonly #surroundings: Surroundings;

  constructor(project: Project, surroundings: Surroundings) {
    const { host, environment, note, complain } = surroundings;
    this.#project = project;
    this.#surroundings = surroundings;
    this.#records = new JobRecords(project.scheduler.state);
    this.#manager = new ServiceManager(environment);
    const context = { now: () => new Date(), environment, note, complain };
    this.#mailDesk = new Desk(MAILS, project, context);
    this.#eventDesk = new Desk(EVENTS, project, context);
    this.#scheduler = new Scheduler(project, {
      host,
      note,
      complain,
      start: (project, build, firing) =>
        startJob(this.#orderOf(project, build, firing), this.#records, host, new Date()),
      ended: async (project, job, end) => {
        const build = project.builds.get(job.record.build);
        const also = build === undefined ? undefined : overlapEnded(build, job.record, new Date());
        reportJob({ project, complain }, this.#records, job, { end, also, now: new Date() });
        this.#mailDesk.look(); // the run may have written to authors, too
        this.#eventDesk.look(); // and have left events that could not be delivered
      },
      overlapped: async (project, build, firing, by) => {
        const leftOut = { project, build, firing, now: new Date(), complain };
        const { command, user } = this.#orderOf(project, build, firing);
        const reported =
          by.kind === 'runs'
            ? reportOverlap(leftOut, by.job)
            : reportCrowd(leftOut, by.waiting, { command, user, host: host.name, keeper: { pid: host.pid } });
        if (reported) this.#mailDesk.look();
        if (by.kind === 'runs' && postLongRun(project, build, by.job.record, new Date())) this.#eventDesk.look();
      },
      waiting: ({ scheduler: { state, maxRuns } }, waiting) => announceWaiting(state, host, maxRuns, waiting),
    });
  }

  /** Until it is to end. */
  async run(): Promise<void> {
    const { host, note, stop, onReload } = this.#surroundings;
    this.#records.tidy(Date.now());
    this.#scheduler.start(orphans(this.#records, host).map((record) => this.#adopt(record)));
    this.#mailDesk.look();
    this.#eventDesk.look();
    if ((this.#project.mail?.to.length ?? 0) === 0) {
      note('no `to` in [mail]: errors of runs go to standard error');
    }
    void this.#manager.notify('READY=1', `STATUS=runs ${this.#project.builds.size} builds of ${this.#project.name}`);
    const alive = this.#signsOfLife();
    onReload(() => this.#reload());
    await untilAborted(stop.signal);
    onReload(() => undefined); // a terminal that is closed
    void this.#manager.notify('STOPPING=1');
    await this.#scheduler.stop(this.#project.scheduler.stopLimitMs, stop.atOnce);
    await Promise.all([this.#mailDesk.close(LAST_MAILS_MS), this.#eventDesk.close(LAST_MAILS_MS)]);
    clearInterval(alive);
    this.#ended.abort();
    note('ends');
  }

  #reload(): void {
    void this.#manager.notify('RELOADING=1');
    this.#project = this.#surroundings.reload(this.#project) ?? this.#project;
    this.#scheduler.reload(this.#project);
    this.#mailDesk.use(this.#project);
    this.#eventDesk.use(this.#project);
    void this.#manager.notify('READY=1');
  }

  #orderOf(project: Project, build: Build, firing: Firing): JobOrder {
    const { environment, user, program } = this.#surroundings;
    const argv = runCommandOf(project, build, program(project.file), ['--leave-mail', '--firing', firing.name]);
    return {
      build: build.name,
      argv: argv as [string, ...string[]],
      command: runCommandOf(project, build, ['stagelock']).join(' '),
      directory: dirname(project.file),
      environment: withoutServiceManager(environment),
      user,
      output: { kind: 'file', path: runLogOf(project, build) },
    };
  }

  /** A job that a scheduler which has died left. */
  #adopt(record: JobRecord): Job {
    return adoptJob(record, logOfJob(this.#project, record), this.#surroundings.host, this.#ended.signal);
  }

  /** A scheduler whose event loop stands still says nothing, and is started afresh. */
  #signsOfLife(): NodeJS.Timeout | undefined {
    const { watchdogMs } = this.#manager;
    return watchdogMs === undefined
      ? undefined
      : setInterval(() => void this.#manager.notify('WATCHDOG=1'), watchdogMs / 2);
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
