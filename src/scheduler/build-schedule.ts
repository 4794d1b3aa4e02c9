import { type CronExpression, parseCronExpression } from '../config/cron-expression.js';
import type { Build } from '../config/project.js';
import { errorText } from '../text/error-text.js';
import { dueAfter, lastDue } from './cron-clock.js';
import { type Firing, firingAt, firingShown } from './firing.js';
import { firesIn, type LocalMinute, localMinuteOf } from './local-time.js';
import type { MinuteClock } from './minute-clock.js';

/** What a schedule does when its time has come. */
export interface ScheduleHandlers {
  /** @returns whether the firing is ours, of all schedulers of the project. @throws when that cannot be decided; it is not run then */
  readonly elect: (firing: Firing) => boolean;
  /** Calls it when its turn comes, since many builds may fire at once. */
  readonly inTurn: <T>(act: () => T) => Promise<T>;
  /** Runs it, until its end. */
  readonly run: (firing: Firing) => Promise<void>;
  /** The run before it is still in progress. */
  readonly overlap: (firing: Firing) => void;
  /** So many firings between two times (milliseconds since 1970) have not been. */
  readonly missed: (count: number, fromMs: number, toMs: number) => void;
  readonly problem: (text: string) => void;
}

const MINUTE_MS = 60_000;
/** What was missed in longer than this is not counted. */
const COUNTED = 7 * 24 * 60;

/**
 * Runs a build on its line of a crontab: by cron's rules, one run at a time, later by chance where that is wanted, and only if
 * the firing is ours.
 */
export class BuildSchedule {
  readonly #expression: CronExpression;
  readonly #timeZone: string | undefined;
  readonly #randomDelayMs: number;
  readonly #clock: MinuteClock;
  readonly #handlers: ScheduleHandlers;
  /** In whole seconds, as cron's `sleep` would have it. */
  readonly #offsetMs: number;
  #stopTicks: (() => void) | undefined;
  /** As in {@link dueAfter}. */
  #done: LocalMinute | undefined;
  /** The minute that was asked for last. */
  #shown: LocalMinute | undefined;
  #lastMs: number | undefined;
  /** A run is in progress, or is about to begin. */
  #isBusy = false;
  #delay: NodeJS.Timeout | undefined;

  /** @param randomDelayMs how much later a run begins at most, by chance */
  constructor(
    build: Build,
    timeZone: string | undefined,
    randomDelayMs: number,
    clock: MinuteClock,
    handlers: ScheduleHandlers,
  ) {
    const expression = parseCronExpression(build.schedule ?? '');
    if ('problem' in expression) throw new Error(`${build.name}: ${expression.problem}`); // the configuration was checked
    this.#expression = expression;
    this.#timeZone = timeZone;
    this.#randomDelayMs = randomDelayMs;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#offsetMs = Math.round(build.offsetMs / 1000) * 1000;
  }

  /** As with cron, the minute in which it starts is past, and what is skipped after it is made up for. */
  start(): void {
    const nowMs = Date.now() - this.#offsetMs;
    this.#done = localMinuteOf(nowMs, this.#timeZone);
    this.#shown = this.#done;
    this.#lastMs = nowMs;
    this.#stopTicks = this.#clock.every((this.#offsetMs / 1000) % 60, (ms) => this.#minute(ms));
  }

  stop(): void {
    this.#stopTicks?.();
    this.#stopTicks = undefined;
    clearTimeout(this.#delay);
  }

  #minute(ms: number): void {
    this.#handlers.inTurn(() => this.#decide(ms)).catch((error: unknown) => this.#handlers.problem(errorText(error)));
  }

  #decide(ms: number): void {
    if (this.#stopTicks === undefined) return;
    const firing = this.#due(ms);
    if (firing === undefined || !this.#handlers.elect(firing)) return;
    if (this.#isBusy) this.#handlers.overlap(firing);
    else this.#run(firing);
  }

  #run(firing: Firing): void {
    this.#isBusy = true;
    const run = async (): Promise<void> => {
      try {
        await this.#handlers.run(firing);
      } catch (error) {
        this.#handlers.problem(errorText(error));
      } finally {
        this.#isBusy = false;
      }
    };
    if (this.#randomDelayMs === 0) void run();
    else this.#delay = setTimeout(() => void run(), Math.random() * this.#randomDelayMs);
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
