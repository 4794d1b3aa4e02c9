import { shown } from '../text/shown.js';
import { isTimeZone, zonedTime } from './time-zone.js';

/** When the day of Nightly builds begins. */
export type NightlyStart =
  /** So many milliseconds after midnight UTC, in summer and winter. */
  | { readonly kind: 'fixed'; readonly ofDayMs: number }
  /** When the clocks of a zone show so many milliseconds after midnight. */
  | { readonly kind: 'zoned'; readonly ofDayMs: number; readonly timeZone: string }
  /** Only Nightly builds cannot be run then. */
  | { readonly kind: 'unreadable'; readonly text: string };

const DAY_MS = 86_400_000;

/** Minutes west of Greenwich of the names that CTest knows, whatever the season; the table of curl's date parser. */
const WEST: ReadonlyMap<string, number> = new Map([
  ...at(0, ['GMT', 'UT', 'UTC', 'WET', 'Z']),
  ...at(60, ['WAT', 'A']),
  ...at(120, ['B']),
  ...at(180, ['ADT', 'C']),
  ...at(240, ['AST', 'EDT', 'D']),
  ...at(300, ['EST', 'CDT', 'E']),
  ...at(360, ['CST', 'MDT', 'F']),
  ...at(420, ['MST', 'PDT', 'G']),
  ...at(480, ['PST', 'YDT', 'H']),
  ...at(540, ['YST', 'HDT', 'I']),
  ...at(600, ['HST', 'CAT', 'AHST', 'K']),
  ...at(660, ['NT', 'L']),
  ...at(720, ['IDLW', 'M']),
  ...at(-60, ['BST', 'CET', 'MET', 'MEWT', 'FWT', 'N']),
  ...at(-120, ['MEST', 'CEST', 'MESZ', 'FST', 'EET', 'O']),
  ...at(-180, ['P']),
  ...at(-240, ['Q']),
  ...at(-300, ['R']),
  ...at(-360, ['S']),
  ...at(-420, ['WAST', 'T']),
  ...at(-480, ['WADT', 'CCT', 'U']),
  ...at(-540, ['JST', 'V']),
  ...at(-600, ['EAST', 'GST', 'W']),
  ...at(-660, ['EADT', 'X']),
  ...at(-720, ['NZT', 'NZST', 'IDLE', 'Y']),
  ...at(-780, ['NZDT']),
]);

function at(minutes: number, names: readonly string[]): (readonly [string, number])[] {
  return names.map((name) => [name, minutes] as const);
}

const WEEKDAY = /^(mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday)$/i;

/** CTest puts the date before it, which is the first of the six parts that the parser looks at. */
const MOST_PARTS = 5;

/**
 * Reads a `NightlyStartTime` as CTest does: a time (`HH:MM` or `HH:MM:SS`), a zone (a name of its table or `+hhmm`) and a
 * weekday, which means nothing, each at most once, in any order and case, with anything but letters and digits between
 * them. Without a zone it is UTC, without a time midnight.
 *
 * CTest takes a time that it cannot read for 23:59:59 UTC, which is never what was meant.
 */
export function nightlyStartOfCTest(text: string): NightlyStart {
  let time: number | undefined;
  let west: number | undefined;
  let weekday: string | undefined;
  let rest = text;
  for (let part = 0; rest !== '' && part < MOST_PARTS; part++) {
    const sign = /^[^A-Za-z0-9]*/.exec(rest)?.[0] ?? '';
    rest = rest.slice(sign.length);
    if (rest === '') break;
    const clock = time === undefined ? /^(\d\d?):(\d\d?)(?::(\d\d?))?/.exec(rest) : null;
    const [word = ''] = clock ?? /^([A-Za-z]+|\d+)/.exec(rest) ?? [];
    rest = rest.slice(word.length);
    const named = WEST.get(word.toUpperCase());
    if (clock !== null) {
      const [hours, minutes, seconds] = clock.slice(1).map((number = '0') => Number(number));
      time = clockMs(hours ?? 0, minutes ?? 0, seconds ?? 0);
      if (time === undefined) return { kind: 'unreadable', text };
    } else if (weekday === undefined && WEEKDAY.test(word)) {
      weekday = word;
    } else if (west === undefined && named !== undefined) {
      west = named;
    } else if (west === undefined && /[+-]$/.test(sign) && /^\d{4}$/.test(word) && Number(word) <= 1400) {
      west = (Number(word.slice(0, 2)) * 60 + Number(word.slice(2))) * (sign.endsWith('+') ? -1 : 1);
    } else {
      return { kind: 'unreadable', text };
    }
  }
  // Of nothing at all CTest says that there is no nightly start time.
  if (time === undefined && west === undefined && weekday === undefined) return { kind: 'unreadable', text };
  return { kind: 'fixed', ofDayMs: modulo((time ?? 0) + (west ?? 0) * 60_000, DAY_MS) };
}

/** The same, or a time with the IANA name of a zone, such as `21:00 Europe/Berlin`: it then follows the clocks there. */
export function nightlyStartOf(text: string): NightlyStart {
  const start = nightlyStartOfCTest(text);
  const zoned = /^\s*(\d\d?):(\d\d)(?::(\d\d))?\s+([A-Za-z][\w+/-]*)\s*$/.exec(text);
  if (start.kind !== 'unreadable' || zoned === null) return start;
  const [, hours, minutes, seconds = '0', timeZone = ''] = zoned;
  const ofDayMs = clockMs(Number(hours), Number(minutes), Number(seconds));
  return ofDayMs === undefined || !isTimeZone(timeZone) ? start : { kind: 'zoned', ofDayMs, timeZone };
}

/** The last time that a night began. A time that clocks skip in spring comes an hour later then; one that they show twice is the first. */
export function lastNightlyStart(now: Date, start: Exclude<NightlyStart, { kind: 'unreadable' }>): Date {
  if (start.kind === 'fixed') return new Date(now.getTime() - modulo(now.getTime() - start.ofDayMs, DAY_MS));
  const today = Math.floor(zonedTime(now.getTime(), start.timeZone) / DAY_MS) * DAY_MS;
  const begins = (day: number): number => instantOf(day + start.ofDayMs, start.timeZone);
  const candidates = [today + DAY_MS, today, today - DAY_MS].map(begins);
  return new Date(candidates.find((ms) => ms <= now.getTime()) ?? begins(today - 2 * DAY_MS));
}

/**
 * What to tell a person whose Nightly builds cannot be run, with the line that CMake makes a readable `NightlyStartTime` of.
 *
 * @param now for the offset of a zone that CTest does not know by its name
 */
export function explainUnreadable(text: string, now: Date): string[] {
  const what =
    text === ''
      ? 'There is no NightlyStartTime, so Nightly builds cannot be run.'
      : `NightlyStartTime: ${shown(text, 200)} is not a time that CTest can read (it would use 23:59:59 UTC), so Nightly builds cannot be run.`;
  return [
    `${what} Set it in CTestConfig.cmake and run CMake again, with the zone in numbers:`,
    `  set(CTEST_NIGHTLY_START_TIME "${readableLike(text, now)}")`,
  ];
}

function readableLike(text: string, now: Date): string {
  const [, hours = '1', minutes = '00', seconds = '00'] = /(\d\d?):(\d\d)(?::(\d\d))?/.exec(text) ?? [];
  const time = `${clockMs(Number(hours), Number(minutes), Number(seconds)) === undefined ? '01:00:00' : [hours.padStart(2, '0'), minutes, seconds].join(':')}`;
  return `${time} ${offsetLike(text, now)}`;
}

function offsetLike(text: string, now: Date): string {
  const start = nightlyStartOf(text);
  if (start.kind === 'zoned') {
    const minutes = Math.round((zonedTime(now.getTime(), start.timeZone) - now.getTime()) / 60_000);
    const two = (number: number): string => String(Math.floor(number)).padStart(2, '0');
    return `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}${two(Math.abs(minutes) % 60)}`;
  }
  const [, sign = '+', hours = '', minutes = '00'] = /([+-])(\d\d?):?([0-5]\d)?$/.exec(text) ?? [];
  return Number(hours) > 14 ? '+0000' : `${sign}${hours.padStart(2, '0')}${minutes}`;
}

/** When clocks first show a time, both in milliseconds. */
function instantOf(shown: number, timeZone: string): number {
  // The offsets before and after any change that is near.
  const offsets = [shown - DAY_MS, shown + DAY_MS].map((ms) => zonedTime(ms, timeZone) - ms);
  const candidates = offsets.map((offset) => shown - offset).sort((a, b) => a - b);
  return candidates.find((ms) => zonedTime(ms, timeZone) === shown) ?? shown - (offsets[0] ?? 0);
}

function clockMs(hours: number, minutes: number, seconds: number): number | undefined {
  return hours > 23 || minutes > 59 || seconds > 60 ? undefined : ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
