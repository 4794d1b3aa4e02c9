import { performance } from 'node:perf_hooks';
import type { Build, Project } from '../config/project.js';
import type { Host } from '../host/host.js';
import { isRunning } from '../stages/status.js';
import { errorText } from '../text/error-text.js';
import { momentText } from '../text/moment.js';
import { BuildSchedule } from './build-schedule.js';
import { ChangeWatch } from './change-watch.js';
import { Election, REMEMBERED_MS } from './election.js';
import { describeFiring, type Firing, firingOfChange } from './firing.js';
import type { Job } from './job.js';
import { MinuteClock } from './minute-clock.js';
import { OWN_FILE, ownOutputs, ownsWhatIsAt, type ProjectFiles, projectFiles } from './project-files.js';
import { Runs, type RunsContext } from './runs.js';
import { Slices } from './slices.js';

/** What a scheduler takes from outside, so that a test can replay a year of it. */
export interface SchedulerContext extends RunsContext {
  readonly host: Host;
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
/** How often to look for what inotify does not report. */
const WATCH_LOOK_MS = 5 * SECOND_MS;
/** How many complaints about watches are remembered, so that each is reported once. */
const MOST_REPORTED = 1000;

/** Runs the builds of a project on their schedules and on changes, together with the schedulers of other hosts. */
export class Scheduler {
  readonly #context: SchedulerContext;
  #project: Project;
  readonly #entries = new Map<string, Entry>();
  readonly #slices = new Slices((error) => this.#context.complain(errorText(error)));
  readonly #clock = new MinuteClock((text) => this.#context.complain(text));
  readonly #runs: Runs;
  /** Of builds whose watches were ended by another configuration: when they were last changed. */
  readonly #changed = new Map<string, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #reported = new Set<string>();
  #clockErrorMs = Date.now() - performance.now();
  #stopping = false;

  constructor(project: Project, context: SchedulerContext) {
    this.#project = project;
    this.#context = context;
    this.#runs = new Runs(project, context, this.#slices, (name, firing) => this.#settle(name, firing));
  }

  /** @param left jobs of a scheduler that died on this host */
  start(left: readonly Job[]): void {
    for (const job of left) this.#runs.adopt(job);
    this.#every(CLOCK_LOOK_MS, () => this.#lookAtClock());
    let isLooking = false;
    this.#every(WATCH_LOOK_MS, () => {
      if (isLooking) return;
      isLooking = true;
      this.#eachInTurn(({ watch }) => watch?.look());
      this.#slices.add(() => {
        isLooking = false;
      });
    });
    this.#every(HOUR_MS, () => this.#eachInTurn(({ election }) => election.prune()));
    this.reload(this.#project);
    // What others undertook after that, in a minute that had begun before us.
    this.#after(MINUTE_MS, () => this.#eachInTurn(({ election }) => election.takeUp()));
  }

  /** Continues with another configuration, one build after another. Runs in progress or waiting are not touched. */
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
    for (const entry of old.values()) this.#changed.set(entry.build.name, this.#end(entry));
    const files = projectFiles(project, ownOutputs());
    this.#eachInTurn(({ watch }) => watch?.use(files));
    for (const build of project.builds.values()) {
      if (!this.#entries.has(build.name)) this.#slices.add(() => this.#enter(project, build, files));
    }
    this.#slices.add(() =>
      this.#eachInTurn(({ election }) => {
        election.prune();
        election.takeUp();
      }),
    );
    this.#runs.use(project);
  }

  #enter(project: Project, build: Build, files: ProjectFiles): void {
    // Yet another configuration has come meanwhile, which brings its own.
    if (this.#project !== project || this.#stopping) return;
    const entry = this.#begin(build, files);
    this.#entries.set(build.name, entry);
    const changedMs = this.#changed.get(build.name) ?? 0;
    this.#changed.delete(build.name);
    if (changedMs > 0) entry.watch?.changed(build.watch.join(', '), changedMs);
  }

  /**
   * Starts no more runs, and waits for those in progress.
   *
   * @param limitMs after that they are interrupted
   * @param hurry interrupts them at once
   */
  async stop(limitMs: number, hurry: AbortSignal): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#slices.clear();
    this.#each((entry) => this.#end(entry));
    await this.#runs.stop(limitMs, hurry);
  }

  /** Builds that run. */
  get running(): readonly string[] {
    return this.#runs.names;
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
      run: (firing) => void this.#runs.run(name, firing),
      note,
      complain,
    });
    const schedule =
      build.schedule === undefined
        ? undefined
        : new BuildSchedule(build, scheduler.timeZone, scheduler.randomDelayMs, this.#clock, {
            elect: (firing) => election.isOurs(firing),
            inTurn: (act) => this.#slices.run(act),
            run: (firing) => this.#runs.run(name, firing),
            overlap: (firing) => this.#runs.overlap(name, firing),
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
    if (watch !== undefined) note(`${name}: runs when ${build.watch.join(', ')} changes`);
    for (const path of build.watch) {
      if (ownsWhatIsAt(path, files)) this.#complainOnce(name, `${path} ${OWN_FILE}`);
    }
    election.forget();
    schedule?.start();
    return entry;
  }

  /** @returns the time of the change that its watch has not reported yet; 0 when there is none */
  #end({ election, schedule, watch }: Entry): number {
    election.end();
    schedule?.stop();
    return watch?.close() ?? 0;
  }

  /** Of 50 builds that reach the same limit, one says so. */
  #complainOnce(name: string, text: string): void {
    if (this.#reported.has(text)) return;
    if (this.#reported.size >= MOST_REPORTED) this.#reported.clear();
    this.#reported.add(text);
    this.#context.complain(`${name}: ${text}`);
  }

  /** Whether a firing that has not begun may well be about to: it waits for its turn, or is our own run, slow to begin. */
  #isWaiting(name: string, firing: Firing): boolean {
    const build = this.#project.builds.get(name);
    return this.#runs.isPending(name, firing) || (build !== undefined && isRunning(build));
  }

  /** Lets no scheduler run it any more. @returns whether none has */
  #settle(name: string, firing: Firing): boolean {
    return this.#entries.get(name)?.election.settle(firing) ?? true;
  }

  #change(name: string, firing: Firing): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    try {
      if (entry.election.isOurs(firing)) void this.#runs.run(name, firing);
    } catch (error) {
      this.#context.complain(`${name}: not run ${describeFiring(firing)}: ${errorText(error)}`);
    }
  }

  #lookAtClock(): void {
    const errorMs = Date.now() - performance.now();
    const stepMs = errorMs - this.#clockErrorMs;
    this.#clockErrorMs = errorMs;
    if (Math.abs(stepMs) < CLOCK_STEP_MS) return;
    this.#context.note(`the clock jumped ${stepMs > 0 ? 'ahead' : 'back'} by ${Math.round(Math.abs(stepMs) / 1000)} s`);
    if (stepMs < 0) this.#each(({ election }) => election.forget());
    this.#clock.restart();
  }

  #each(act: (entry: Entry) => void): void {
    for (const entry of this.#entries.values()) act(entry);
  }

  /** The same with those that are there then, while everything else has its turn in between. */
  #eachInTurn(act: (entry: Entry) => void): void {
    for (const entry of this.#entries.values()) {
      this.#slices.add(() => {
        if (this.#entries.get(entry.build.name) === entry) act(entry);
      });
    }
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
      this.#context.complain(errorText(error));
    }
  }
}

function settingsOf({ scheduler }: Project, { schedule, offsetMs, watch, quietMs, directory }: Build): string {
  return JSON.stringify([scheduler.timeZone, scheduler.randomDelayMs, schedule, offsetMs, watch, quietMs, directory]);
}

function missedText(name: string, count: number, fromMs: number, toMs: number): string {
  const [from, to] = [fromMs, toMs].map(momentText);
  const runs = count === 1 ? 'a run' : `${count} runs`;
  return `${name}: missed ${runs} between ${from} and ${to}: this machine slept, was too busy, or its clock was set`;
}
