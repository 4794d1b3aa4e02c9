import { count, object, string, type TypeOf, time } from '../records/schema.js';

/**
 * A cron job that finds the same lock every five minutes would mail the same warning every five minutes, until they are no longer
 * read. So a warning is reported at once, and while it stays the same again after 1, 2, 4, … hours, at most a day.
 */

/** What is remembered of a warning. Times are ISO 8601. */
export const REMEMBERED = object({
  /** What the warning is about: two that are the same in it are the same to a person. */
  key: string(),
  /** When it came first. */
  since: time,
  /** When it was last reported. */
  told: time,
  /** How often that was. */
  times: count,
  /** How often it has occurred since then without being reported. */
  withheld: count,
  /** When it last came. */
  seen: time,
});
export type Remembered = TypeOf<typeof REMEMBERED>;

/** What to do with a warning. */
export interface Thinned {
  readonly tell: boolean;
  /** What to add to a repeated warning; undefined the first time. */
  readonly again: { readonly since: string; readonly withheld: number } | undefined;
  /** The one that came last is the first. */
  readonly remember: readonly Remembered[];
}

const HOUR_MS = 3_600_000;
const LONGEST_MS = 24 * HOUR_MS;
/** A warning that alternates with more than this many is reported more often than it should be. */
const MOST = 10;

/**
 * Decides about a warning.
 *
 * Warnings that take turns (a server that is away, then answers wrongly, then is away) are each thinned by themselves: both
 * have been reported. One that comes back after others have been true for an hour is reported as a new one, or a person would
 * take the last one reported for the present problem.
 *
 * @param before what is remembered, the one that came last first; one that was reported in the future counts for nothing, since
 *   the clock was set back, and the warning would be withheld for that long
 */
export function thin(before: readonly Remembered[], key: string, now: Date): Thinned {
  const seen = now.toISOString();
  const same = before.find((each) => each.key === key);
  const others = before.filter((each) => each !== same).slice(0, MOST - 1);
  if (same === undefined || Date.parse(same.told) > now.getTime() || isReturned(same, before, now)) {
    const remember = { key, since: seen, told: seen, times: 1, withheld: 0, seen };
    return { tell: true, again: undefined, remember: [remember, ...others] };
  }
  const pauseMs = Math.min(HOUR_MS * 2 ** Math.min(same.times - 1, 10), LONGEST_MS);
  if (now.getTime() - Date.parse(same.told) < pauseMs) {
    const remember = { ...same, withheld: same.withheld + 1, seen };
    return { tell: false, again: undefined, remember: [remember, ...others] };
  }
  const { since, withheld, times } = same;
  const remember = { ...same, told: seen, times: times + 1, withheld: 0, seen };
  return { tell: true, again: { since, withheld }, remember: [remember, ...others] };
}

/** Whether something else was wrong for so long that this is no turn of it any more. */
function isReturned(same: Remembered, before: readonly Remembered[], now: Date): boolean {
  return before[0] !== same && now.getTime() - Date.parse(same.seen) >= HOUR_MS;
}
