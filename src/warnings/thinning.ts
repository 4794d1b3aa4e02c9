/**
 * A cron job that finds the same lock every five minutes would mail the same warning every five minutes, until nobody reads
 * them any more. So a warning is told at once, and as long as it stays the same again after 1, 2, 4, … hours, at most a day.
 */

/** What is remembered of a warning. Times are ISO 8601. */
export interface Remembered {
  /** What the warning is about: two that are the same in it are the same to a person. */
  readonly key: string;
  /** When it came first. */
  readonly since: string;
  /** When a person was last told. */
  readonly told: string;
  /** How often that was. */
  readonly times: number;
  /** How often it has come since then without being told. */
  readonly withheld: number;
}

/** What to do with a warning. */
export interface Thinned {
  readonly tell: boolean;
  /** What to add for a person who is told again; undefined the first time. */
  readonly again: { readonly since: string; readonly withheld: number } | undefined;
  readonly remember: Remembered;
}

const HOUR_MS = 3_600_000;
const LONGEST_MS = 24 * HOUR_MS;

/**
 * Decides about a warning.
 *
 * @param before what is remembered of the last one; of another warning it counts for nothing, and neither does one that
 *   was told in the future, since the clock was set back and nobody would hear of it for that long
 */
export function thin(before: Remembered | undefined, key: string, now: Date): Thinned {
  const time = now.toISOString();
  if (before?.key !== key || Date.parse(before.told) > now.getTime()) {
    const remember = { key, since: time, told: time, times: 1, withheld: 0 };
    return { tell: true, again: undefined, remember };
  }
  const pauseMs = Math.min(HOUR_MS * 2 ** Math.min(before.times - 1, 10), LONGEST_MS);
  if (now.getTime() - Date.parse(before.told) < pauseMs) {
    return { tell: false, again: undefined, remember: { ...before, withheld: before.withheld + 1 } };
  }
  const { since, withheld } = before;
  return {
    tell: true,
    again: { since, withheld },
    remember: { ...before, told: time, times: before.times + 1, withheld: 0 },
  };
}
