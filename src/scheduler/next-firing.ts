import { type CronExpression, parseCronExpression } from '../config/cron-expression.js';
import type { Build } from '../config/project.js';
import { firesIn, firesOn, type LocalMinute, localMinuteOf } from './local-time.js';

const MINUTE_MS = 60_000;
const DAY = 24 * 60;
/** In minutes. Lines with fixed times are not repeated when a clock is put back by less. */
const HOURS_3 = 180;
/** Every day of the year falls on every day of the week within this time, also across 2100, which has no 29 February. */
const LOOK_AHEAD_DAYS = 41 * 366;

/**
 * When a build runs next by its schedule: by the rules of {@link dueAfter}, if the clock goes on as it does now. A random delay comes on top.
 *
 * @param nowMs since 1970; a firing of this very minute is past
 * @param timeZone IANA name; undefined for that of this process
 * @returns milliseconds since 1970; undefined for a build without a schedule
 */
export function nextFiring(
  { schedule, offsetMs }: Pick<Build, 'schedule' | 'offsetMs'>,
  nowMs: number,
  timeZone: string | undefined,
): number | undefined {
  const expression = schedule === undefined ? undefined : parseCronExpression(schedule);
  if (expression === undefined || 'problem' in expression) return undefined;
  const delayMs = Math.round(offsetMs / 1000) * 1000;
  const fromMs = Math.floor((nowMs - delayMs) / MINUTE_MS) * MINUTE_MS;
  const shown = (ms: number): LocalMinute => localMinuteOf(ms, timeZone);
  const nextMs = expression.wildcard
    ? nextOfWildcard(expression, fromMs, shown)
    : nextOfFixed(expression, fromMs, shown);
  return nextMs === undefined ? undefined : nextMs + delayMs;
}

type Clock = (ms: number) => LocalMinute;

/** What is skipped is made up for as soon as the clock shows a later minute; what is shown again does not fire again. */
function nextOfFixed(expression: CronExpression, fromMs: number, shown: Clock): number | undefined {
  let done = shown(fromMs);
  if (isSet(fromMs - HOURS_3 * MINUTE_MS, shown)) {
    for (let back = 1; back < HOURS_3; back++) done = Math.max(done, shown(fromMs - back * MINUTE_MS));
  }
  const next = firstIn(expression, done + 1);
  return next === undefined ? undefined : firstShowing(next, fromMs, shown);
}

/** It fires in each minute that the clock shows, skips what it skips, and fires again in what it shows again. */
function nextOfWildcard(expression: CronExpression, fromMs: number, shown: Clock): number | undefined {
  let least = shown(fromMs) + 1;
  if (isSet(fromMs, shown)) {
    for (let ahead = 1; ahead <= HOURS_3; ahead++) {
      if (firesIn(expression, shown(fromMs + ahead * MINUTE_MS))) return fromMs + ahead * MINUTE_MS;
    }
    least = shown(fromMs + HOURS_3 * MINUTE_MS) + 1;
  }
  for (;;) {
    const next = firstIn(expression, least);
    if (next === undefined) return undefined;
    const ms = firstShowing(next, fromMs, shown);
    if (shown(ms) === next) return ms;
    least = next + 1;
  }
}

/** Whether the clock is put on or back within three hours. */
function isSet(fromMs: number, shown: Clock): boolean {
  return shown(fromMs + HOURS_3 * MINUTE_MS) - shown(fromMs) !== HOURS_3;
}

/** The first minute of a wall clock, from one on, in which a line fires. */
function firstIn(expression: CronExpression, from: LocalMinute): LocalMinute | undefined {
  for (let day = 0, minute = from; day <= LOOK_AHEAD_DAYS; day++) {
    const tomorrow = (Math.floor(minute / DAY) + 1) * DAY;
    if (firesOn(expression, minute)) {
      for (; minute < tomorrow; minute++) if (firesIn(expression, minute)) return minute;
    }
    minute = tomorrow;
  }
  return undefined;
}

/** When a clock first shows a minute, or, where it skips that, a later one. Zones are put on or back once within a day at most. */
function firstShowing(minute: LocalMinute, fromMs: number, shown: Clock): number {
  const offsets = [-DAY, DAY].map((beside) => shown((minute + beside) * MINUTE_MS) - (minute + beside));
  const candidates = offsets.map((offset) => minute - offset).sort((a, b) => a - b);
  const from = fromMs / MINUTE_MS;
  const exact = candidates.find((at) => at >= from && shown(at * MINUTE_MS) === minute);
  if (exact !== undefined) return exact * MINUTE_MS;
  let [before = from, after = from] = candidates;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (shown(middle * MINUTE_MS) >= minute) after = middle;
    else before = middle;
  }
  return after * MINUTE_MS;
}
