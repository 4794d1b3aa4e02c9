import type { CronExpression } from '../config/cron-expression.js';
import { zonedTime } from '../config/time-zone.js';

/**
 * A minute of a wall clock, counted as if the clock had always shown UTC. The minutes that a clock skips when summer time
 * begins have numbers, too, and those that it shows twice have one number for both times.
 */
export type LocalMinute = number;

const MINUTE_MS = 60_000;

/**
 * What a clock shows.
 *
 * @param ms since 1970
 * @param timeZone IANA name; undefined for that of this process
 */
export function localMinuteOf(ms: number, timeZone: string | undefined): LocalMinute {
  if (timeZone === undefined) return Math.floor(ms / MINUTE_MS) - new Date(ms).getTimezoneOffset();
  return Math.floor(zonedTime(ms, timeZone) / MINUTE_MS);
}

/** Whether a line of a crontab fires in a minute, by the rules of crontab(5). */
export function firesIn(expression: CronExpression, minute: LocalMinute): boolean {
  const shown = new Date(minute * MINUTE_MS);
  const { minutes, hours } = expression;
  return minutes.includes(shown.getUTCMinutes()) && hours.includes(shown.getUTCHours()) && firesOn(expression, minute);
}

/** Whether a line of a crontab fires at some time of the day of a minute. */
export function firesOn({ daysOfMonth, months, daysOfWeek, days }: CronExpression, minute: LocalMinute): boolean {
  const shown = new Date(minute * MINUTE_MS);
  if (!months.includes(shown.getUTCMonth() + 1)) return false;
  const inMonth = daysOfMonth.includes(shown.getUTCDate());
  const inWeek = daysOfWeek.includes(shown.getUTCDay());
  return days === 'both' ? inMonth && inWeek : inMonth || inWeek;
}
