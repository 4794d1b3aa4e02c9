import { parseCronExpression, shortestIntervalMs } from './cron-expression.js';

/** Steps that divide an hour, in minutes, and a day, in hours: others would make a short interval at its end. */
const MINUTES = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];
const HOURS = [1, 2, 3, 4, 6, 8, 12, 24];

/**
 * A schedule like the given one that fires less often: the next longer interval of whole minutes or hours. It keeps the minute at which
 * the schedule begins, its hours of the day and its days.
 *
 * @param schedule fields of a crontab, as checked before
 * @param leastMs how long the interval has to be, in milliseconds
 * @returns undefined where there is no such schedule: it fires often enough already, the hours of the day are a list, or a day is too short
 */
export function longerSchedule(schedule: string, leastMs: number): string | undefined {
  const expression = parseCronExpression(schedule);
  if ('problem' in expression || shortestIntervalMs(expression) >= leastMs) return undefined;
  const fields = schedule.trim().startsWith('@') ? HOURLY : schedule.trim().split(/\s+/);
  const [, hour = '*', ...days] = fields;
  const first = expression.minutes[0] ?? 0;
  const candidates = [
    ...MINUTES.map((step) => [stepped(first % step, step), hour]),
    ...HOURS.flatMap((step) => {
      const hours = everyHours(hour, step, expression.hours[0] ?? 0);
      return hours === undefined ? [] : [[String(first), hours]];
    }),
  ];
  for (const candidate of candidates) {
    const text = [...candidate, ...days].join(' ');
    const parsed = parseCronExpression(text);
    if (!('problem' in parsed) && shortestIntervalMs(parsed) >= leastMs) return text;
  }
  return undefined;
}

/** Of cron's names, only this one fires more often than once a day. */
const HOURLY = ['0', '*', '*', '*', '*'];

/** Every so many hours of those that a field names; undefined for a list, and where it names others. */
function everyHours(field: string, step: number, first: number): string | undefined {
  const [all, from, to, every = '1'] = /^(?:\*|(\d+)-(\d+))(?:\/(\d+))?$/.exec(field) ?? [];
  if (all === undefined || step % Number(every) !== 0) return undefined;
  if (step === 24) return String(first);
  if (step === Number(every)) return field;
  return from === undefined ? `*/${step}` : `${from}-${to}/${step}`;
}

/** Every so many minutes of an hour. */
function stepped(first: number, step: number): string {
  const range = first === 0 ? '*' : `${first}-59`;
  return step === 1 ? range : `${range}/${step}`;
}
