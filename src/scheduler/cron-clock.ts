import type { CronExpression } from '../config/cron-expression.js';
import { firesIn, type LocalMinute } from './local-time.js';

/** The minutes from `first` to `last`, both included; none when `last` is before `first`. */
interface Span {
  readonly first: LocalMinute;
  readonly last: LocalMinute;
}

/** The minutes whose lines are to be run now. */
export interface Due {
  /** For lines whose minute or hour begins with `*`. */
  readonly wildcard: Span;
  /** For all others. */
  readonly fixed: Span;
  /** Up to where lines with fixed times have been run. */
  readonly done: LocalMinute;
}

const HOURS_3 = 180;
/** So late a wake-up may be, in minutes, without the clock having been set. */
const LATE = 5;

/**
 * What cron does when its clock has gone from one minute to another. Summer time, a machine that slept and a clock that
 * was set are the same to it, and the rules (cron(8) of Debian, "Notes") are:
 *
 * - a few minutes on: everything of the minutes in between is run, late;
 * - up to three hours on: lines with fixed times that were skipped are run at once, the others go on by the new time;
 * - up to three hours back: lines with fixed times are not run again, the others go on by the new time;
 * - more than that, it was a correction: everything continues by the new time.
 *
 * @param done what {@link Due.done} was the last time; undefined at the beginning, when the minute itself is run
 * @param now at most once for each minute that passes
 */
export function dueAfter(done: LocalMinute | undefined, now: LocalMinute): Due {
  const here = { first: now, last: now };
  const elapsed = done === undefined ? Number.POSITIVE_INFINITY : now - done;
  if (done === undefined || elapsed > HOURS_3 || elapsed <= -HOURS_3) return { wildcard: here, fixed: here, done: now };
  if (elapsed <= 0) return { wildcard: here, fixed: { first: now, last: now - 1 }, done };
  const skipped = { first: done + 1, last: now };
  return { wildcard: elapsed <= LATE ? skipped : here, fixed: skipped, done: now };
}

/** The last of the minutes in which a line is to be run now: to build twice at once what was missed twice gains nothing. */
export function lastDue(expression: CronExpression, { wildcard, fixed }: Due): LocalMinute | undefined {
  const { first, last } = expression.wildcard ? wildcard : fixed;
  for (let minute = last; minute >= first; minute--) {
    if (firesIn(expression, minute)) return minute;
  }
  return undefined;
}
