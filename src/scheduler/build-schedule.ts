import { createTask, type RunCoordinator, type ScheduledTask } from 'node-cron';
import { type CronExpression, parseCronExpression } from '../config/cron-expression.js';
import type { Build } from '../config/project.js';
import { dueAfter, lastDue } from './cron-clock.js';
import { type Firing, firingAt, firingShown } from './firing.js';
import { firesIn, type LocalMinute, localMinuteOf } from './local-time.js';

/** What a schedule does when its time has come. */
export interface ScheduleHandlers {
  /** @returns whether the firing is ours, of all schedulers of the project. @throws when nobody can say; it is not run then */
  readonly elect: (firing: Firing) => boolean;
  /** Calls it when its turn comes, since many builds may fire at once. */
  readonly inTurn: <T>(act: () => T) => Promise<T>;
  /** Runs it, until its end. */
  readonly run: (firing: Firing) => Promise<void>;
  /** The run before it is still going on. */
  readonly overlap: (firing: Firing) => void;
  /** So many firings between two times (milliseconds since 1970) have not been. */
  readonly missed: (count: number, fromMs: number, toMs: number) => void;
  readonly problem: (text: string) => void;
}

const MINUTE_MS = 60_000;
/** What was missed in longer than this is not counted. */
const COUNTED = 7 * 24 * 60;

/**
 * Runs a build on its line of a crontab. node-cron wakes it each minute, keeps runs apart, asks who is to run and delays by
 * chance; whether the minute is one of the line's is decided by cron's rules, which differ from node-cron's: it pauses for an
 * hour when summer time ends, leaves out what summer time skips, wants both a day of the month and a day of the week, and
 * stands still while a clock that was put back catches up (see `restart`).
 */
export class BuildSchedule {
  readonly #expression: CronExpression;
  readonly #timeZone: string | undefined;
  readonly #handlers: ScheduleHandlers;
  /** In whole seconds, as cron's `sleep` would have it. */
  readonly #offsetMs: number;
  readonly #task: ScheduledTask;
  /** As in {@link dueAfter}. */
  #done: LocalMinute | undefined;
  /** The minute that was asked for last. */
  #shown: LocalMinute | undefined;
  #lastMs: number | undefined;
  #elected: Firing | undefined;

  /** @param randomDelayMs how much later a run begins at most, by chance */
  constructor(build: Build, timeZone: string | undefined, randomDelayMs: number, handlers: ScheduleHandlers) {
    const expression = parseCronExpression(build.schedule ?? '');
    if ('problem' in expression) throw new Error(`${build.name}: ${expression.problem}`); // the configuration was checked
    this.#expression = expression;
    this.#timeZone = timeZone;
    this.#handlers = handlers;
    const coordinator: RunCoordinator = {
      shouldRun: (key) => handlers.inTurn(() => this.#shouldRun(Date.parse(key.slice(build.name.length + 1)))),
    };
    const seconds = Math.round(build.offsetMs / 1000);
    this.#offsetMs = seconds * 1000;
    this.#task = createTask(`${seconds % 60} * * * * *`, () => this.#run(), {
      name: build.name,
      timezone: 'UTC',
      noOverlap: true,
      distributed: true,
      runCoordinator: coordinator,
      maxRandomDelay: randomDelayMs,
      // A minute that comes late is run late, as by cron; what is later than a minute is decided by the rules.
      missedExecutionTolerance: MINUTE_MS - 1,
      suppressMissedWarning: true,
      logger: quietLogger(handlers.problem),
    });
    this.#task.on('execution:overlap', ({ date }) => {
      handlers
        .inTurn(() => this.#overlap(date.getTime()))
        .catch((error: unknown) => handlers.problem(error instanceof Error ? error.message : String(error)));
    });
  }

  /** As with cron, the minute in which it starts is past, and what is skipped after it is made up for. */
  start(): void {
    const nowMs = Date.now() - this.#offsetMs;
    this.#done = localMinuteOf(nowMs, this.#timeZone);
    this.#shown = this.#done;
    this.#lastMs = nowMs;
    this.#task.start();
  }

  stop(): void {
    this.#task.destroy();
  }

  /** The clock was set, or stood still: what comes next is a minute from now, not when it would have been. */
  restart(): void {
    this.#task.stop();
    this.#task.start();
  }

  #shouldRun(ms: number): boolean {
    const firing = this.#due(ms);
    if (firing === undefined || !this.#handlers.elect(firing)) return false;
    this.#elected = firing;
    return true;
  }

  async #run(): Promise<void> {
    const firing = this.#elected;
    this.#elected = undefined;
    if (firing !== undefined) await this.#handlers.run(firing);
  }

  #overlap(ms: number): void {
    const firing = this.#due(ms);
    if (firing !== undefined && this.#handlers.elect(firing)) this.#handlers.overlap(firing);
  }

  /** What is to be run at a time. Asked once for each minute, and again if the clock was put back within it. */
  #due(ms: number): Firing | undefined {
    const atMs = ms - this.#offsetMs;
    const shown = localMinuteOf(atMs, this.#timeZone);
    if (shown === this.#shown) return undefined; // cron, too, waits until the minute is another one
    this.#shown = shown;
    const due = dueAfter(this.#done, shown);
    this.#done = due.done;
    const minute = lastDue(this.#expression, due);
    this.#countMissed(atMs, minute !== undefined && minute < shown);
    if (minute === undefined) return undefined;
    return this.#expression.wildcard ? firingAt(atMs - (shown - minute) * MINUTE_MS) : firingShown(minute);
  }

  /** @param madeUp whether one of them is run now, late */
  #countMissed(atMs: number, madeUp: boolean): void {
    const lastMs = this.#lastMs;
    this.#lastMs = atMs;
    if (lastMs === undefined || atMs - lastMs <= MINUTE_MS) return;
    const minutes = Math.min(Math.round((atMs - lastMs) / MINUTE_MS) - 1, COUNTED);
    let count = madeUp ? -1 : 0;
    for (let back = 1; back <= minutes; back++) {
      if (firesIn(this.#expression, localMinuteOf(atMs - back * MINUTE_MS, this.#timeZone))) count++;
    }
    if (count > 0) this.#handlers.missed(count, lastMs, atMs);
  }
}

/** Of what node-cron has to say, errors only. */
function quietLogger(problem: (text: string) => void) {
  return {
    info: () => undefined,
    warn: () => undefined,
    debug: () => undefined,
    error: (message: string | Error, error: Error | string = message) => {
      problem(error instanceof Error ? error.message : error);
    },
  };
}
