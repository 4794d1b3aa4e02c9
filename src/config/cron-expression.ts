/**
 * The five fields of a line of a crontab, as crontab(5) of Debian's cron knows them: `*`, numbers, ranges, lists, steps, and
 * the names of months and days of the week.
 */

/** What a field may hold. */
interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly names: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FIELDS: readonly Field[] = [
  { name: 'minute', least: 0, most: 59, names: [] },
  { name: 'hour', least: 0, most: 23, names: [] },
  { name: 'day of the month', least: 1, most: 31, names: [] },
  { name: 'month', least: 1, most: 12, names: MONTHS },
  // Both 0 and 7 are Sunday.
  { name: 'day of the week', least: 0, most: 7, names: DAYS },
];

/** When a line fires: the values of each field, ascending. */
export interface CronExpression {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: readonly number[];
  readonly months: readonly number[];
  /** 0 is Sunday; 7 does not occur. */
  readonly daysOfWeek: readonly number[];
  /**
   * Whether a day has to be both a day of the month and a day of the week of these, or one is enough. crontab(5): one is
   * enough unless one of the two fields begins with `*`.
   */
  readonly days: 'both' | 'either';
  /**
   * Whether the minute or the hour begins with `*`. When the clock is put forward or back, cron continues such lines by
   * the new time; of the others it makes up for what was skipped, and repeats nothing.
   */
  readonly wildcard: boolean;
}

/** Names that cron has for lines; `@reboot` is no time. */
const NAMED: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** As many as a month has at most. */
const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Reads the fields, or one of cron's names such as `@daily`, or says what is wrong with them. */
export function parseCronExpression(text: string): CronExpression | { readonly problem: string } {
  const name = text.trim();
  if (name.startsWith('@') && NAMED[name] === undefined) {
    return {
      problem: `found ${JSON.stringify(name)}, expected five fields or one of ${Object.keys(NAMED).join(', ')}`,
    };
  }
  const words = (NAMED[name] ?? name).split(/\s+/);
  if (words.length !== FIELDS.length) {
    return {
      problem: `found ${words.length} fields, expected five: minute, hour, day of the month, month, day of the week`,
    };
  }
  const values: number[][] = [];
  for (const [index, field] of FIELDS.entries()) {
    const found = valuesOf(words[index] ?? '', field);
    if (!Array.isArray(found)) return found;
    values.push(found);
  }
  const [minutes = [], hours = [], daysOfMonth = [], months = [], days = []] = values;
  const daysOfWeek = [...new Set(days.map((day) => day % 7))].sort((a, b) => a - b);
  const isAny = (word: string | undefined): boolean => word?.startsWith('*') === true;
  const both = isAny(words[2]) || isAny(words[4]);
  const isThere = months.some((month) => (daysOfMonth[0] ?? 0) <= (LONGEST_MONTHS[month - 1] ?? 0));
  if (both && !isThere)
    return { problem: `found ${JSON.stringify(name)}, which never occurs: no such month has that day` };
  return {
    minutes,
    hours,
    daysOfMonth,
    months,
    daysOfWeek,
    days: both ? 'both' : 'either',
    wildcard: isAny(words[0]) || isAny(words[1]),
  };
}

function valuesOf(text: string, field: Field): number[] | { readonly problem: string } {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(?:\*|([a-z]+|\d+)(?:-([a-z]+|\d+))?)(?:\/(\d+))?$/i.exec(part);
    const [, from, to, step] = match ?? [];
    const first = from === undefined ? field.least : numberOf(from, field);
    const last = to === undefined ? (from === undefined ? field.most : first) : numberOf(to, field);
    const width = step === undefined ? 1 : Number(step);
    const single = from !== undefined && to === undefined;
    if (
      match === null ||
      first === undefined ||
      last === undefined ||
      first > last ||
      width === 0 ||
      (single && step)
    ) {
      const names = field.names.length === 0 ? '' : ` or ${field.names[0]} to ${field.names.at(-1)}`;
      return {
        problem: `found ${JSON.stringify(part)} as the ${field.name}, expected *, ${field.least} to ${field.most}${names}, a range or a step such as */2`,
      };
    }
    for (let value = first; value <= last; value += width) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

function numberOf(text: string, { names, least, most }: Field): number | undefined {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + least;
  const value = Number(text);
  return /^\d+$/.test(text) && value >= least && value <= most ? value : undefined;
}

/** {@link shortestIntervalMs} of a schedule; undefined where there is none, or none that can be read. */
export function intervalOf(schedule: string | undefined): number | undefined {
  const expression = schedule === undefined ? undefined : parseCronExpression(schedule);
  return expression === undefined || 'problem' in expression ? undefined : shortestIntervalMs(expression);
}

/**
 * The shortest time between two firings of one day, in milliseconds; a day if it fires once a day at most. A wait that is
 * longer means that the interval is too short.
 */
export function shortestIntervalMs({ minutes, hours }: CronExpression): number {
  const firings = hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute));
  const [first = 0] = firings;
  const gaps = firings.map((firing, index) => (firings[index + 1] ?? first + 24 * 60) - firing);
  return Math.min(...gaps) * 60_000;
}
