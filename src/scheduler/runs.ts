import { performance } from 'node:perf_hooks';
import type { Build, Project } from '../config/project.js';
import { pause } from '../host/pause.js';
import { errorText } from '../text/error-text.js';
import { describeFiring, type Firing } from './firing.js';
import type { Job, JobEnd, LeftAlone } from './job.js';
import type { WaitingRun } from './places.js';
import { RunQueue, type Waiting } from './run-queue.js';
import type { Slices } from './slices.js';

/** A run that has not ended when its build fires again. */
export type Overlapping =
  | { readonly kind: 'runs'; readonly job: Job }
  /** It has not begun, for want of a free place. */
  | { readonly kind: 'waits'; readonly waiting: WaitingRun };

/** What runs take from outside. */
export interface RunsContext {
  /** Starts the run of a build. @throws the system's error; then nothing runs */
  readonly start: (project: Project, build: Build, firing: Firing) => Job;
  /** Called at the end of each job, to report what a person has to know. */
  readonly ended: (project: Project, job: Job, end: JobEnd) => Promise<void>;
  /** A firing was left out, because the run before it has not ended. */
  readonly overlapped: (project: Project, build: Build, firing: Firing, by: Overlapping) => Promise<void>;
  /** Which runs wait for a free slot, in their order; called when that has changed, at most once a second. */
  readonly waiting: (project: Project, waiting: readonly WaitingRun[]) => void;
  /** What happens, for a log. */
  readonly note: (text: string) => void;
  /** What a person has to know. */
  readonly complain: (text: string) => void;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
/** The shortest time between two reports of which runs wait. */
const WAITING_TOLD_MS = SECOND_MS;
/** How long runs that were interrupted get to end; what they have started is ended first. */
const INTERRUPTION_MS = 120 * SECOND_MS;

/** The runs of a scheduler: those that go on, as many as it may have at once, and those that wait for a place. */
export class Runs {
  readonly #context: RunsContext;
  /** Lets no scheduler run a firing any more. @returns whether none has */
  readonly #settle: (build: string, firing: Firing) => boolean;
  readonly #slices: Slices;
  #project: Project;
  /** Mostly one of a build; those that others have left may be more. */
  readonly #jobs = new Set<Job>();
  readonly #queue = new RunQueue();
  /** A change that came while its build was running. */
  readonly #again = new Map<string, Firing>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #isTelling = false;
  #stopping = false;

  constructor(
    project: Project,
    context: RunsContext,
    slices: Slices,
    settle: (build: string, firing: Firing) => boolean,
  ) {
    this.#project = project;
    this.#context = context;
    this.#slices = slices;
    this.#settle = settle;
  }

  /** Goes on with another configuration, which may have more places. */
  use(project: Project): void {
    this.#project = project;
    this.#fill();
  }

  /** One that an earlier scheduler has left. */
  adopt(job: Job): void {
    this.#context.note(`${job.record.build}: taking over the run of ${job.record.began} from an earlier scheduler`);
    void this.#attend(job).then(() => this.#runNext(job.record.build));
  }

  /** Whether a run of a build is in progress or waits, or this firing of it waits for the end of that. */
  isPending(name: string, firing: Firing): boolean {
    return (
      this.#again.get(name)?.name === firing.name ||
      this.#queue.of(name) !== undefined ||
      this.#jobOf(name) !== undefined
    );
  }

  /** Builds that run. */
  get names(): readonly string[] {
    return [...new Set([...this.#jobs].map(({ record }) => record.build))];
  }

  /** Runs a build when there is a free place. @returns at the end of the run */
  run(name: string, firing: Firing): Promise<void> {
    const build = this.#project.builds.get(name);
    if (build === undefined || this.#stopping) return Promise.resolve();
    const waiting = this.#queue.of(name);
    if (this.#jobOf(name) !== undefined || waiting !== undefined) {
      if (firing.kind !== 'change') this.overlap(name, firing);
      else if (waiting?.firing.kind === 'change') this.#waitFor(waiting, firing);
      else this.#runAgain(name, firing);
      return Promise.resolve();
    }
    const primary = build.role === 'secondary' ? build.primary.name : undefined;
    return new Promise((done) => {
      const place = this.#queue.enter({ build: name, primary, firing, since: new Date().toISOString(), done });
      const free = this.#project.scheduler.maxRuns - this.#jobs.size;
      if (place > free) {
        this.#context.note(
          `${name}: its run ${describeFiring(firing)} waits for a free slot (max_runs), as number ${place - free}`,
        );
        this.#reportWaiting();
      }
      this.#fill();
    });
  }

  /** One run is enough for all changes that come before it. */
  #waitFor(waiting: Waiting, firing: Firing): void {
    this.#settle(waiting.build, waiting.firing);
    this.#queue.replace(waiting, firing);
  }

  /** Starts the runs for which there is a place, each in its turn. */
  #fill(): void {
    if (this.#queue.list.length === 0 || this.#jobs.size >= this.#project.scheduler.maxRuns) return;
    this.#slices.add(() => {
      if (this.#jobs.size >= this.#project.scheduler.maxRuns) return;
      const next = this.#queue.take();
      if (next === undefined) return;
      this.#reportWaiting();
      this.#start(next);
      this.#fill();
    });
  }

  #start({ build: name, firing, done }: Waiting): void {
    const build = this.#project.builds.get(name);
    // Gone from the configuration meanwhile.
    if (build === undefined) {
      done();
      return;
    }
    let job: Job;
    try {
      job = this.#context.start(this.#project, build, firing);
    } catch (error) {
      this.#context.complain(`${name}: the run ${describeFiring(firing)} cannot be started: ${errorText(error)}`);
      done();
      return;
    }
    this.#context.note(`${name}: started the run ${describeFiring(firing)}, process ${job.record.pid ?? 'unknown'}`);
    void this.#attend(job).then(async () => {
      // A run that has not come that far has said why; another host would only say it again.
      this.#settle(name, firing);
      // It has ended, so this one is no overlap with it.
      done();
      await this.#runNext(name);
    });
  }

  /** At once, and what changes in the next second then. */
  #reportWaiting(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    this.#after(WAITING_TOLD_MS, () => {
      this.#isTelling = false;
      this.#context.waiting(this.#project, this.#queue.list);
    });
  }

  /** For the changes that came meanwhile. */
  async #runNext(name: string): Promise<void> {
    const next = this.#again.get(name);
    if (next === undefined || this.#jobOf(name) !== undefined || this.#queue.of(name) !== undefined) return;
    this.#again.delete(name);
    await this.run(name, next);
  }

  /** One more run is enough for all changes that come during one. */
  #runAgain(name: string, firing: Firing): void {
    const other = this.#again.get(name);
    if (other !== undefined) this.#settle(name, other);
    this.#again.set(name, firing);
  }

  async #attend(job: Job): Promise<void> {
    const { build } = job.record;
    this.#jobs.add(job);
    let end: JobEnd | LeftAlone;
    try {
      end = await job.ended;
    } catch (error) {
      this.#context.complain(`${build}: its run cannot be started: ${errorText(error)}`);
      end = { kind: 'vanished' };
    }
    this.#jobs.delete(job);
    this.#fill();
    if (end.kind === 'left') return;
    this.#context.note(`${build}: ${endText(end)}`);
    await this.#report(job, end);
  }

  /** Retries until it succeeds; a report that a full disk prevents until this scheduler ends is made by the next one. */
  async #report(job: Job, end: JobEnd, reported = false): Promise<void> {
    try {
      await this.#context.ended(this.#project, job, end);
    } catch (error) {
      const { build } = job.record;
      if (!reported) {
        const again = 'retrying each minute';
        this.#context.complain(`${build}: the report of its run could not be mailed, ${again}: ${errorText(error)}`);
      }
      if (!this.#stopping) this.#after(MINUTE_MS, () => void this.#report(job, end, true));
    }
  }

  /** Skips a firing, because the run before it has not ended. */
  overlap(name: string, firing: Firing): void {
    const build = this.#project.builds.get(name);
    const [job, waiting] = [this.#jobOf(name), this.#queue.of(name)];
    const by = job === undefined ? waiting && ({ kind: 'waits', waiting } as const) : ({ kind: 'runs', job } as const);
    if (build === undefined || by === undefined || !this.#settle(name, firing)) return;
    const why =
      by.kind === 'runs' ? 'its last run is still in progress' : 'its last run is still waiting for a free slot';
    this.#context.note(`${name}: not run ${describeFiring(firing)}, since ${why}`);
    this.#context.overlapped(this.#project, build, firing, by).catch((error: unknown) => {
      this.#context.complain(`${name}: could not report that its run was skipped: ${errorText(error)}`);
    });
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
    // A waiting run has not started yet: another scheduler takes it over, or the next one on this host does.
    for (const { done } of this.#queue.clear()) done();
    this.#context.waiting(this.#project, []);
    if (this.#jobs.size === 0) return;
    this.#context.note(`waiting for ${this.#all()}, at most ${Math.round(limitMs / SECOND_MS)} s`);
    await this.#untilIdle(limitMs, hurry);
    if (this.#jobs.size === 0) return;
    this.#context.complain(`interrupting ${this.#all()}, which did not end in time; the locks stay`);
    for (const job of this.#jobs) job.interrupt();
    await this.#untilIdle(INTERRUPTION_MS);
    if (this.#jobs.size === 0) return;
    this.#context.complain(`could not end ${this.#all()}; left running`);
    for (const job of this.#jobs) job.abandon();
  }

  async #untilIdle(limitMs: number, hurry?: AbortSignal): Promise<void> {
    const end = performance.now() + limitMs;
    while (this.#jobs.size > 0 && performance.now() < end && hurry?.aborted !== true) await pause(50, hurry);
  }

  #jobOf(name: string): Job | undefined {
    return [...this.#jobs].find(({ record }) => record.build === name);
  }

  #all(): string {
    return this.names.join(', ');
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      try {
        act();
      } catch (error) {
        this.#context.complain(errorText(error));
      }
    }, ms);
    this.#timers.add(timer);
  }
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
