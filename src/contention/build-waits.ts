import { longerSchedule } from '../config/longer-schedule.js';

/*
 * Which builds wait for which, over weeks, by the histories of their runs: whom a secondary holds up, and whether the interval between
 * runs fits what they take.
 */

/** A run as far as waiting goes. Times are milliseconds. */
export interface WaitingRun {
  /** Since 1970. */
  readonly beganMs: number;
  readonly tookMs: number;
  /** It built nothing because of the locks, instead of waiting for them. */
  readonly skipped: boolean;
  readonly waits: readonly { readonly lock: string; readonly build: string | undefined; readonly ms: number }[];
}

/** The runs of one build, and when they come. */
export interface WaitingBuild {
  readonly build: string;
  /** Undefined when it has none. */
  readonly schedule: { readonly text: string; readonly intervalMs: number } | undefined;
  readonly runs: readonly WaitingRun[];
}

/** What one build has waited for one lock of another. */
export interface WaitTotals {
  readonly build: string;
  readonly lock: string;
  /** Whose the lock was; undefined when its run did not say. */
  readonly heldBy: string | undefined;
  /** Runs that waited for it. */
  readonly runs: number;
  /** Runs that built nothing because of it. */
  readonly skipped: number;
  readonly waitedMs: number;
  readonly longestMs: number;
  readonly medianMs: number;
}

/** How the interval of a build fits its runs. */
export interface IntervalFit {
  readonly build: string;
  readonly schedule: string;
  readonly intervalMs: number;
  readonly runs: number;
  /** What nine of ten runs take at most, with waits and without. */
  readonly mostTakeMs: number;
  readonly mostWorkMs: number;
  /** A schedule like the present one whose interval fits; undefined when that does, and when there is none. */
  readonly proposal: string | undefined;
}

/** Whether runs take longer than the time between two of them. */
export function isTight({ mostTakeMs, intervalMs }: IntervalFit): boolean {
  return mostTakeMs > intervalMs;
}

export interface BuildContention {
  readonly runs: number;
  /** The most waited for first. */
  readonly waits: readonly WaitTotals[];
  readonly intervals: readonly IntervalFit[];
}

/** Fewer runs say nothing about an interval. */
const LEAST_RUNS = 5;

/** @param sinceMs only runs that began then or later; milliseconds since 1970 */
export function contentionOfBuilds(builds: readonly WaitingBuild[], sinceMs: number): BuildContention {
  const recent = builds.map((build) => ({ ...build, runs: build.runs.filter(({ beganMs }) => beganMs >= sinceMs) }));
  return {
    runs: recent.reduce((sum, { runs }) => sum + runs.length, 0),
    waits: recent.flatMap(totalsOf).sort((a, b) => b.waitedMs - a.waitedMs || b.skipped - a.skipped),
    intervals: recent.flatMap(fitOf),
  };
}

function totalsOf({ build, runs }: WaitingBuild): WaitTotals[] {
  const byLock = new Map<string, { heldBy: string | undefined; all: number[]; skipped: number }>();
  for (const { skipped, waits } of runs) {
    for (const { lock, build: heldBy, ms } of waits) {
      const known = byLock.get(lock) ?? { heldBy, all: [], skipped: 0 };
      known.heldBy = heldBy ?? known.heldBy;
      if (skipped) known.skipped++;
      else known.all.push(ms);
      byLock.set(lock, known);
    }
  }
  return [...byLock].map(([lock, { heldBy, all, skipped }]) => ({
    build,
    lock,
    heldBy,
    runs: all.length,
    skipped,
    waitedMs: all.reduce((sum, ms) => sum + ms, 0),
    longestMs: at(all, 1),
    medianMs: at(all, 0.5),
  }));
}

function fitOf({ build, schedule, runs: all }: WaitingBuild): IntervalFit[] {
  const runs = all.filter(({ skipped }) => !skipped);
  if (schedule === undefined || runs.length < LEAST_RUNS) return [];
  const { text, intervalMs } = schedule;
  const work = runs.map(({ tookMs, waits }) => Math.max(0, tookMs - Math.max(0, ...waits.map(({ ms }) => ms))));
  const mostTakeMs = at(
    runs.map(({ tookMs }) => tookMs),
    0.9,
  );
  const proposal = mostTakeMs <= intervalMs ? undefined : longerSchedule(text, mostTakeMs);
  return [{ build, schedule: text, intervalMs, runs: runs.length, mostTakeMs, mostWorkMs: at(work, 0.9), proposal }];
}

/** The value below which so much of all are; 1 is the largest. */
function at(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? 0;
}
