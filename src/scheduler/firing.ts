import type { LocalMinute } from './local-time.js';

/**
 * One reason to run a build once, by the name that it has for all schedulers of the project:
 *
 * - `20261125T1110Z`: a time, of lines that go by the clock whatever it does;
 * - `20261125T1210`: what a wall clock showed, of lines with a fixed time, which fire once even if it shows it twice;
 * - `change-20261125T111003123Z`: when what is watched was last changed, by the clock of its file system.
 */
export type Firing = string;

const MINUTE_MS = 60_000;
/** The last of those whose year has four digits. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59);
/** As of cron, in minutes. */
const LONGEST_CORRECTION = 180;
const FIRING = /^(?:(\d{8}T\d{4})(Z?)|change-\d{8}T\d{9}Z)$/;

/** Whether a text is the name of a firing, and so may be part of the name of a file. */
export function isFiring(text: string): boolean {
  return FIRING.test(text);
}

/** @param ms since 1970 */
export function firingAt(ms: number): Firing {
  return `${compact(ms).slice(0, 13)}Z`;
}

export function firingShown(minute: LocalMinute): Firing {
  return compact(minute * MINUTE_MS).slice(0, 13);
}

/** @param changedMs when what is watched was last changed, milliseconds since 1970 */
export function firingOfChange(changedMs: number): Firing {
  // A file system may say anything.
  return `change-${compact(Math.min(Math.max(changedMs, 0), LAST_MS))}`;
}

/**
 * When a firing was to be, in milliseconds since 1970; for what a wall clock showed as if that were UTC, which is near enough
 * to tell what is old.
 */
export function timeOfFiring(firing: Firing): number {
  const text = firing.replace('change-', '');
  const [, year, month, day, hour, minute] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)/.exec(text) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute));
}

/**
 * How long ago a firing was to be, in milliseconds; less than 0 when it is still to come.
 *
 * @param nowMs since 1970
 * @param shown what the wall clock shows then
 */
export function ageOf(firing: Firing, nowMs: number, shown: LocalMinute): number {
  const isTime = firing.endsWith('Z');
  return (isTime ? nowMs : shown * MINUTE_MS) - timeOfFiring(firing);
}

/**
 * Whether a firing is still to come, so that whoever has run it had a clock that was ahead of the time. Of lines with a fixed
 * time only when it is hours ahead: cron does not repeat those for less.
 *
 * @param nowMs since 1970
 * @param shown what the wall clock shows then
 */
export function isStillToCome(firing: Firing, nowMs: number, shown: LocalMinute): boolean {
  if (firing.startsWith('change-')) return false;
  return ageOf(firing, nowMs, shown) < (firing.endsWith('Z') ? 0 : -LONGEST_CORRECTION * MINUTE_MS);
}

/** For a person: when it was to be, or why. */
export function describeFiring(firing: Firing): string {
  if (firing.startsWith('change-')) return 'because of a change';
  const shown = new Date(timeOfFiring(firing)).toISOString();
  return `of ${shown.slice(0, 10)} ${shown.slice(11, 16)}${firing.endsWith('Z') ? ' UTC' : ''}`;
}

/** `20261125T111003123Z` */
function compact(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[-:.]/g, '');
}
