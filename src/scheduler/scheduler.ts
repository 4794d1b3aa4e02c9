import { performance } from 'node:perf_hooks';
import type { Build, Project } from '../config/project.js';
import { type Host, pause } from '../locks/index.js';
import { isRunning } from '../stages/status.js';
import { BuildSchedule } from './build-schedule.js';
import { ChangeWatch } from './change-watch.js';
import { Election, REMEMBERED_MS } from './election.js';
import { describeFiring, type Firing, firingOfChange } from './firing.js';
import type { Job, JobEnd, LeftAlone } from './job.js';
import { OWN_FILE, ownOutputs, ownsWhatIsAt, type ProjectFiles, projectFiles } from './project-files.js';

/** What a scheduler takes from outside, so that a test can replay a year of it. */
export interface SchedulerContext {
  readonly host: Host;
  /** Starts the run of a build. @throws the system's error; then nothing runs */
  readonly start: (project: Project, build: Build, firing: Firing) => Job;
  /** Told of each end, to tell a person what he has to know. */
  readonly ended: (project: Project, job: Job, end: JobEnd) => Promise<void>;
  /** A firing was left out, because this run is still going on. */
  readonly overlapped: (project: Project, build: Build, firing: Firing, job: Job) => Promise<void>;
  /** What happens, for a log. */
  readonly note: (text: string) => void;
  /** What a person has to know. */
  readonly complain: (text: string) => void;
}

/** A build and what has it run. */
interface Entry {
  readonly build: Build;
  /** What of the configuration it depends on. */
  readonly settings: string;
  readonly election: Election;
  readonly schedule: BuildSchedule | undefined;
  readonly watch: ChangeWatch | undefined;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** How often it is seen whether the clock was set, and by how much it must have been. */
const CLOCK_LOOK_MS = 10 * SECOND_MS;
const CLOCK_STEP_MS = SECOND_MS;
/** How often it is seen what inotify does not tell of. */
const WATCH_LOOK_MS = 5 * SECOND_MS;
/** So many complaints about watches are remembered, so that each is told once. */
const MOST_TOLD = 1000;
/** How long runs that were interrupted get to end; what they have started is ended first. */
const INTERRUPTION_MS = 120 * SECOND_MS;

/** Runs the builds of a project on their schedules and on changes, together with the schedulers of other hosts. */
export class Scheduler {
  readonly #context: SchedulerContext;
  #project: Project;
  readonly #entries = new Map<string, Entry>();
  /** Mostly one of a build; those that others have left may be more. */
  readonly #jobs = new Set<Job>();
  /** A change that came while its build was running. */
  readonly #again = new Map<string, Firing>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #told = new Set<string>();
  #clockErrorMs = Date.now() - performance.now();
  #stopping = false;

  constructor(project: Project, context: SchedulerContext) {
    this.#project = project;
    this.#context = context;
  }

  /** @param left jobs of a scheduler that died on this host */
  start(left: readonly Job[]): void {
    for (const job of left) {
      this.#context.note(`${job.record.build}: an earlier scheduler has left the run of ${job.record.began}`);
      void this.#attend(job).then(() => this.#runNext(job.record.build));
    }
    this.#every(CLOCK_LOOK_MS, () => this.#lookAtClock());
    this.#every(WATCH_LOOK_MS, () => this.#each(({ watch }) => watch?.look()));
    this.#every(HOUR_MS, () => this.#each(({ election }) => election.prune()));
    this.reload(this.#project);
    // What others undertook after that, in a minute that had begun before us.
    this.#after(MINUTE_MS, () => this.#each(({ election }) => election.takeUp()));
  }

  /** Goes on with another configuration. Runs that are going on are not touched. */
  reload(project: Project): void {
    this.#project = project;
    const old = new Map(this.#entries);
    this.#entries.clear();
    for (const build of project.builds.values()) {
      const known = old.get(build.name);
      if (known?.settings === settingsOf(project, build)) {
        old.delete(build.name);
        this.#entries.set(build.name, known);
      }
    }
    const pending = new Map([...old.values()].map((entry) => [entry.build.name, this.#end(entry)]));
    const files = projectFiles(project, ownOutputs());
    this.#each(({ watch }) => watch?.use(files));
    for (const build of project.builds.values()) {
      if (this.#entries.has(build.name)) continue;
      const entry = this.#begin(build, files);
      this.#entries.set(build.name, entry);
      const changedMs = pending.get(build.name) ?? 0;
      if (changedMs > 0) entry.watch?.changed(build.watch.join(', '), changedMs);
    }
    this.#each(({ election }) => {
      election.prune();
      election.takeUp();
    });
  }

  /**
   * Begins nothing more, and waits for the runs that are going on.
   *
   * @param limitMs after that they are interrupted
   * @param hurry interrupts them at once
   */
  async stop(limitMs: number, hurry: AbortSignal): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#each((entry) => this.#end(entry));
    if (this.#jobs.size === 0) return;
    this.#context.note(`waits for ${this.#names()}, at most ${Math.round(limitMs / SECOND_MS)} s`);
    await this.#untilIdle(limitMs, hurry);
    if (this.#jobs.size === 0) return;
    this.#context.complain(`${this.#names()} did not end in time and is interrupted; its locks stay`);
    for (const job of this.#jobs) job.interrupt();
    await this.#untilIdle(INTERRUPTION_MS);
    if (this.#jobs.size === 0) return;
    this.#context.complain(`${this.#names()} does not end; it is left to itself`);
    for (const job of this.#jobs) job.abandon();
  }

  /** Builds that run. */
  get running(): readonly string[] {
    return [...new Set([...this.#jobs].map(({ record }) => record.build))];
  }

  #begin(build: Build, files: ProjectFiles): Entry {
    const { scheduler } = this.#project;
    const { name } = build;
    const { complain, note } = this.#context;
    const election = new Election(scheduler.state, name, {
      me: { host: this.#context.host.name, pid: this.#context.host.pid },
      randomDelayMs: scheduler.randomDelayMs,
      timeZone: scheduler.timeZone,
      isWaiting: (firing) => this.#isWaiting(name, firing),
      run: (firing) => void this.#run(name, firing),
      note,
      complain,
    });
    const schedule =
      build.schedule === undefined
        ? undefined
        : new BuildSchedule(build, scheduler.timeZone, scheduler.randomDelayMs, {
            elect: (firing) => election.isOurs(firing),
            run: (firing) => this.#run(name, firing),
            overlap: (firing) => this.#overlap(name, firing),
            missed: (count, fromMs, toMs) => complain(missedText(name, count, fromMs, toMs)),
            problem: (text) => complain(`${name}: ${text}`),
          });
    const watch =
      build.watch.length === 0
        ? undefined
        : new ChangeWatch({
            paths: build.watch,
            quietMs: build.quietMs,
            files,
            sinceMs: Date.now() - REMEMBERED_MS,
            onQuiet: (changedMs) => this.#change(name, firingOfChange(changedMs)),
            onProblem: (text) => this.#complainOnce(name, text),
          });
    const entry = { build, settings: settingsOf(this.#project, build), election, schedule, watch };
    if (schedule !== undefined) note(`${name}: ${build.schedule}${scheduler.timeZone ? ` ${scheduler.timeZone}` : ''}`);
    if (watch !== undefined) note(`${name}: when ${build.watch.join(', ')} changes`);
    for (const path of build.watch) {
      if (ownsWhatIsAt(path, files)) this.#complainOnce(name, `${path} ${OWN_FILE}`);
    }
    election.forget();
    schedule?.start();
    return entry;
  }

  /** @returns when what its watch has not told yet was changed; 0 when there is nothing */
  #end({ election, schedule, watch }: Entry): number {
    election.end();
    schedule?.stop();
    return watch?.close() ?? 0;
  }

  /** Of 50 builds that reach the same limit, one says so. */
  #complainOnce(name: string, text: string): void {
    if (this.#told.has(text)) return;
    if (this.#told.size >= MOST_TOLD) this.#told.clear();
    this.#told.add(text);
    this.#context.complain(`${name}: ${text}`);
  }

  /** Whether a firing that has not begun may well be about to: it waits for its turn, or is our own run, slow to begin. */
  #isWaiting(name: string, firing: Firing): boolean {
    const build = this.#project.builds.get(name);
    return (
      this.#again.get(name) === firing || this.#jobOf(name) !== undefined || (build !== undefined && isRunning(build))
    );
  }

  #change(name: string, firing: Firing): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    try {
      if (entry.election.isOurs(firing)) void this.#run(name, firing);
    } catch (error) {
      this.#context.complain(`${name}: not run ${describeFiring(firing)}: ${messageOf(error)}`);
    }
  }

  async #run(name: string, firing: Firing): Promise<void> {
    const build = this.#project.builds.get(name);
    if (build === undefined || this.#stopping) return;
    if (this.#jobOf(name) !== undefined) {
      if (firing.startsWith('change-')) this.#runAgain(name, firing);
      else this.#overlap(name, firing);
      return;
    }
    let job: Job;
    try {
      job = this.#context.start(this.#project, build, firing);
    } catch (error) {
      this.#context.complain(`${name}: the run ${describeFiring(firing)} cannot be started: ${messageOf(error)}`);
      return;
    }
    this.#context.note(`${name}: begins the run ${describeFiring(firing)}, process ${job.record.pid ?? 'unknown'}`);
    await this.#attend(job);
    // A run that has not come that far has said why; another host would only say it again.
    this.#begun(name, firing);
    await this.#runNext(name);
  }

  /** For the changes that came meanwhile. */
  async #runNext(name: string): Promise<void> {
    const next = this.#again.get(name);
    if (next === undefined || this.#jobOf(name) !== undefined) return;
    this.#again.delete(name);
    await this.#run(name, next);
  }

  /** One more run is enough for all changes that come during one. */
  #runAgain(name: string, firing: Firing): void {
    const other = this.#again.get(name);
    if (other !== undefined) this.#begun(name, other);
    this.#again.set(name, firing);
  }

  async #attend(job: Job): Promise<void> {
    const { build } = job.record;
    this.#jobs.add(job);
    let end: JobEnd | LeftAlone;
    try {
      end = await job.ended;
    } catch (error) {
      this.#context.complain(`${build}: its run cannot be started: ${messageOf(error)}`);
      end = { kind: 'vanished' };
    }
    this.#jobs.delete(job);
    if (end.kind === 'left') return;
    this.#context.note(`${build}: ${endText(end)}`);
    await this.#report(job, end);
  }

  /** Until it is done; what a full disk keeps from being told when we end is told by the next scheduler. */
  async #report(job: Job, end: JobEnd, told = false): Promise<void> {
    try {
      await this.#context.ended(this.#project, job, end);
    } catch (error) {
      const { build } = job.record;
      if (!told) {
        const again = 'it is tried again each minute';
        this.#context.complain(`${build}: what its run had to say could not be mailed, ${again}: ${messageOf(error)}`);
      }
      if (!this.#stopping) this.#after(MINUTE_MS, () => void this.#report(job, end, true));
    }
  }

  #overlap(name: string, firing: Firing): void {
    const build = this.#project.builds.get(name);
    const job = this.#jobOf(name);
    if (build === undefined || job === undefined || !this.#begun(name, firing)) return;
    this.#context.note(`${name}: not run ${describeFiring(firing)}, since its last run is still going on`);
    this.#context.overlapped(this.#project, build, firing, job).catch((error: unknown) => {
      this.#context.complain(`${name}: that its runs overlap could not be told: ${messageOf(error)}`);
    });
  }

  /** Nobody else shall run it any more. @returns whether nobody has */
  #begun(name: string, firing: Firing): boolean {
    return this.#entries.get(name)?.election.settle(firing) ?? true;
  }

  #lookAtClock(): void {
    const errorMs = Date.now() - performance.now();
    const stepMs = errorMs - this.#clockErrorMs;
    this.#clockErrorMs = errorMs;
    if (Math.abs(stepMs) < CLOCK_STEP_MS) return;
    this.#context.note(
      `the clock has gone ${stepMs > 0 ? 'ahead' : 'back'} by ${Math.round(Math.abs(stepMs) / 1000)} s`,
    );
    this.#each(({ election, schedule }) => {
      if (stepMs < 0) election.forget();
      schedule?.restart();
    });
  }

  #each(act: (entry: Entry) => void): void {
    for (const entry of this.#entries.values()) act(entry);
  }

  async #untilIdle(limitMs: number, hurry?: AbortSignal): Promise<void> {
    const end = performance.now() + limitMs;
    while (this.#jobs.size > 0 && performance.now() < end && hurry?.aborted !== true) await pause(50, hurry);
  }

  #jobOf(name: string): Job | undefined {
    return [...this.#jobs].find(({ record }) => record.build === name);
  }

  #names(): string {
    return this.running.join(', ');
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#guarded(act);
    }, ms);
    this.#timers.add(timer);
  }

  #every(ms: number, act: () => void): void {
    this.#timers.add(setInterval(() => this.#guarded(act), ms));
  }

  /** A file server that does not answer must not end the scheduler. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#context.complain(messageOf(error));
    }
  }
}

function settingsOf({ scheduler }: Project, { schedule, offsetMs, watch, quietMs, directory }: Build): string {
  return JSON.stringify([scheduler.timeZone, scheduler.randomDelayMs, schedule, offsetMs, watch, quietMs, directory]);
}

function missedText(name: string, count: number, fromMs: number, toMs: number): string {
  const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString());
  const runs = count === 1 ? 'a run' : `${count} runs`;
  return `${name}: missed ${runs} between ${from} and ${to}: this machine slept, was too busy, or its clock was set`;
}

function endText(end: JobEnd): string {
  switch (end.kind) {
    case 'exited':
      return end.code === 0 ? 'ended' : `ended with exit code ${end.code}`;
    case 'signalled':
      return `died of ${end.signal}`;
    case 'vanished':
      return 'is gone';
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
