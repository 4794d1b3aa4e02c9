import type { CronExpression } from '../config/cron-expression.js';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/**
 * A line of a crontab as `OnCalendar=` of systemd.time(7): one expression, or two where a day of the month or a day of the
 * week is enough; a timer fires when any of them does, and once when both do.
 *
 * @param second of the minute at which to fire
 * @param timeZone appended if given; otherwise systemd takes that of the machine
 */
export function onCalendar(expression: CronExpression, second: number, timeZone: string | undefined): string[] {
  const { minutes, hours, daysOfMonth, months, daysOfWeek, days } = expression;
  const dayOfMonth = list(daysOfMonth, 1, 31);
  const dayOfWeek = daysOfWeek.length === 7 ? '' : `${daysOfWeek.map((day) => DAYS[day]).join(',')} `;
  const time = `${list(hours, 0, 23)}:${list(minutes, 0, 59)}:${two(second)}`;
  const zone = timeZone === undefined ? '' : ` ${timeZone}`;
  const at = (week: string, month: string): string => `${week}*-${list(months, 1, 12)}-${month} ${time}${zone}`;
  return days === 'both' ? [at(dayOfWeek, dayOfMonth)] : [at('', dayOfMonth), at(dayOfWeek, '*')];
}

/** `*` for all there are, `00/10` for every tenth up to the end, otherwise each of them. */
function list(values: readonly number[], least: number, most: number): string {
  if (values.length === most - least + 1) return '*';
  const [first = least, second] = values;
  const step = (second ?? first) - first;
  const regular = values.length > 2 && values.every((value, index) => value === first + index * step);
  const reachesEnd = (values.at(-1) ?? most) + step > most;
  return regular && reachesEnd ? `${two(first)}/${step}` : values.map(two).join(',');
}

const two = (value: number): string => String(value).padStart(2, '0');
