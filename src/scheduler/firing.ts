import { compactTime } from '../text/compact-time.js';
import { momentText } from '../text/moment.js';
import type { LocalMinute } from './local-time.js';

/**
 * One reason to run a build once. Its name is the same for all schedulers of the project, and part of the names of files:
 *
 * - `20261125T1110Z`: a time, of lines that go by the clock whatever it does;
 * - `20261125T1210`: what a wall clock showed, of lines with a fixed time, which fire once even if it shows it twice;
 * - `change-20261125T111003123Z`: when what is watched was last changed, by the clock of its file system.
 */
export type Firing =
  /** @property atMs milliseconds since 1970 */
  | { readonly kind: 'time'; readonly name: string; readonly atMs: number }
  | { readonly kind: 'wall-clock'; readonly name: string; readonly minute: LocalMinute }
  /** @property changedMs milliseconds since 1970 */
  | { readonly kind: 'change'; readonly name: string; readonly changedMs: number };

const MINUTE_MS = 60_000;
/** The last of those whose year has four digits. */
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59);
/** As of cron, in minutes. */
const LONGEST_CORRECTION = 180;
const NAME = /^(change-)?(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(?:(\d\d)(\d{3}))?(Z?)$/;

/** @param ms since 1970 */
export function firingAt(ms: number): Firing {
  const atMs = Math.floor(ms / MINUTE_MS) * MINUTE_MS;
  return { kind: 'time', name: `${compactTime(atMs).slice(0, 13)}Z`, atMs };
}

export function firingShown(minute: LocalMinute): Firing {
  return { kind: 'wall-clock', name: compactTime(minute * MINUTE_MS).slice(0, 13), minute };
}

/** @param ms when what is watched was last changed, milliseconds since 1970; a file system may say anything */
export function firingOfChange(ms: number): Firing {
  const changedMs = Math.min(Math.max(Math.floor(ms), 0), LAST_MS);
  return { kind: 'change', name: `change-${compactTime(changedMs)}`, changedMs };
}

/** The firing of a name, which may come from a command line or from the name of a file; undefined when it is none. */
export function parseFiring(name: string): Firing | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [, change = '', ...fields] = match;
  const [year, month, day, hour, minute, second, ms] = fields.map(Number);
  const isWhole = fields[5] !== undefined;
  const isUtc = fields[7] === 'Z';
  if (isWhole !== (change !== '') || (isWhole && !isUtc)) return undefined;
  const atMs = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second || 0, ms || 0);
  if (isWhole) return { kind: 'change', name, changedMs: atMs };
  return isUtc ? { kind: 'time', name, atMs } : { kind: 'wall-clock', name, minute: atMs / MINUTE_MS };
}

/**
 * When a firing was to be, in milliseconds since 1970; of what a wall clock showed as if that were UTC, which is near enough
 * to tell what is old.
 */
export function timeOfFiring(firing: Firing): number {
  switch (firing.kind) {
    case 'time':
      return firing.atMs;
    case 'wall-clock':
      return firing.minute * MINUTE_MS;
    case 'change':
      return firing.changedMs;
  }
}

/**
 * How long ago a firing was to be, in milliseconds; less than 0 when it is still to come.
 *
 * @param nowMs since 1970
 * @param shown what the wall clock shows then
 */
export function ageOf(firing: Firing, nowMs: number, shown: LocalMinute): number {
  return (firing.kind === 'wall-clock' ? shown * MINUTE_MS : nowMs) - timeOfFiring(firing);
}

/**
 * Whether a firing is still to come, so that the clock of the host that has run it was ahead of the time. Of lines with a
 * fixed time only when it is hours ahead: cron does not repeat those for less.
 *
 * @param nowMs since 1970
 * @param shown what the wall clock shows then
 */
export function isStillToCome(firing: Firing, nowMs: number, shown: LocalMinute): boolean {
  switch (firing.kind) {
    case 'time':
      return ageOf(firing, nowMs, shown) < 0;
    case 'wall-clock':
      return ageOf(firing, nowMs, shown) < -LONGEST_CORRECTION * MINUTE_MS;
    case 'change':
      return false;
  }
}

/** For a person: when it was to be, or why. */
export function describeFiring(firing: Firing): string {
  if (firing.kind === 'change') return 'because of a change';
  if (firing.kind === 'time') return `of ${momentText(timeOfFiring(firing))}`;
  // What a clock on the wall shows, whatever its zone.
  const shown = new Date(timeOfFiring(firing)).toISOString();
  return `of ${shown.slice(0, 10)} ${shown.slice(11, 16)}`;
}
