import { createTask, type ScheduledTask } from 'node-cron';
import { errorText } from '../text/error-text.js';

const MINUTE_MS = 60_000;

/** @param ms the moment that the tick stands for, milliseconds since 1970; it may come some seconds later */
type Tick = (ms: number) => void;

/**
 * Ticks each minute, at a second of it. node-cron keeps the time: it follows the clock where timers drift, wakes early and looks
 * again, and says which minute a late call stands for. Which minutes are a line's is decided by cron's rules (see
 * {@link dueAfter}), which differ from node-cron's: it pauses for an hour when summer time ends, leaves out what summer time skips, wants
 * both a day of the month and a day of the week, and stands still while a clock that was put back catches up (see `restart`).
 * All who want the same second share a task of node-cron, since a thousand timers that end together stop the event loop.
 */
export class MinuteClock {
  readonly #tasks = new Map<number, { readonly task: ScheduledTask; readonly ticks: Set<Tick> }>();
  readonly #problem: (text: string) => void;

  /** @param problem called with what node-cron or a tick reports as an error */
  constructor(problem: (text: string) => void) {
    this.#problem = problem;
  }

  /**
   * @param second of the minute, from 0 to 59
   * @returns ends it
   */
  every(second: number, tick: Tick): () => void {
    const { task, ticks } = this.#tasks.get(second) ?? this.#begin(second);
    // Two who pass the same function are two.
    const own: Tick = (ms) => tick(ms);
    ticks.add(own);
    return () => {
      ticks.delete(own);
      if (ticks.size > 0 || this.#tasks.get(second)?.task !== task) return;
      this.#tasks.delete(second);
      task.destroy();
    };
  }

  /** The clock was set, or stood still: what comes next is a minute from now, not when it would have been. */
  restart(): void {
    for (const { task } of this.#tasks.values()) {
      task.stop();
      task.start();
    }
  }

  #begin(second: number): { readonly task: ScheduledTask; readonly ticks: Set<Tick> } {
    const ticks = new Set<Tick>();
    const task = createTask(
      `${second} * * * * *`,
      ({ date }) => {
        for (const tick of [...ticks]) tick(date.getTime());
      },
      {
        timezone: 'UTC',
        // A minute that comes late is run late, as by cron; what is later than a minute is decided by the rules.
        missedExecutionTolerance: MINUTE_MS - 1,
        suppressMissedWarning: true,
        logger: errorsTo(this.#problem),
      },
    );
    const begun = { task, ticks };
    this.#tasks.set(second, begun);
    task.start();
    return begun;
  }
}

/** Of what node-cron has to say, errors only. */
function errorsTo(problem: (text: string) => void) {
  return {
    info: () => undefined,
    warn: () => undefined,
    debug: () => undefined,
    error: (message: string | Error, error: Error | string = message) => problem(errorText(error)),
  };
}
