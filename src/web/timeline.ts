import type { Stage } from '../config/project.js';
import type { PastRun } from '../stages/history.js';
import { resultWords, wasSkipped } from '../stages/result-words.js';
import { formatDuration } from '../text/duration.js';

/*
 * What builds did in the last hours, as bars. Times are milliseconds since 1970.
 */

/** What a build is at; waiting is drawn apart from work. */
export const ACTIVITIES = ['wait', 'update', 'configure', 'build', 'test', 'other'] as const;
export type Activity = (typeof ACTIVITIES)[number];

/** Of a run; others of the group may write a history. */
const MOST_STAGES = 100;

export interface Bar {
  readonly activity: Activity;
  readonly fromMs: number;
  readonly toMs: number;
  readonly failed: boolean;
  /** `test passed, 3 min` */
  readonly words: string;
}

/** One run and what it was at. */
export interface RunBars {
  readonly run: string;
  readonly stamp: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** How it ended; `running` while it has not. */
  readonly result: string;
  readonly bars: readonly Bar[];
}

/** Of a run that is too narrow for all of them: the one that took longest, failed if any did. */
export function inOneBar({ bars, fromMs, toMs }: RunBars): Bar | undefined {
  const longest = bars.toSorted((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs))[0];
  return longest && { ...longest, fromMs, toMs, failed: bars.some(({ failed }) => failed) };
}

/** A run in progress, as its locks show it. */
export interface Present {
  readonly stage: string;
  readonly sinceMs: number;
  readonly waits: boolean;
}

/**
 * The runs of a build that have a part in a span of time.
 *
 * @param runs oldest first
 * @param present what its run in progress is at; undefined when none is, so that a run without an end has died
 */
export function runBars(
  runs: readonly PastRun[],
  stages: readonly Pick<Stage, 'name' | 'report'>[],
  {
    fromMs,
    nowMs,
    present,
  }: { readonly fromMs: number; readonly nowMs: number; readonly present: Present | undefined },
): RunBars[] {
  const activityOf = (stage: string): Activity => {
    const report = stages.find(({ name }) => name === stage)?.report;
    if (report === 'configure' || report === 'build' || report === 'test') return report;
    return isActivity(stage) ? stage : 'other';
  };
  const last = runs.at(-1);
  return runs.flatMap((run) => {
    const isPresent = run === last && run.ended === undefined && present !== undefined;
    const beganMs = Date.parse(run.begun);
    const endMs = run.ended === undefined ? (isPresent ? nowMs : beganMs) : Date.parse(run.ended);
    if (run.ended === undefined && !isPresent) return [];
    if (endMs < fromMs || beganMs > nowMs) return [];
    const bars = isPresent
      ? presentBars(beganMs, nowMs, present, activityOf)
      : pastBars(run, beganMs, endMs, activityOf);
    const result = run.ended === undefined ? 'running' : resultWords(run);
    return [{ run: run.run, stamp: run.stamp, fromMs: beganMs, toMs: endMs, result, bars }];
  });
}

function pastBars(run: PastRun, beganMs: number, endMs: number, activityOf: (stage: string) => Activity): Bar[] {
  const { waitedMs = 0, waits = [], result } = run;
  const stages = run.stages?.slice(0, MOST_STAGES) ?? [];
  const bars: Bar[] = [];
  const workMs = Math.min(endMs, beganMs + waitedMs);
  if (waitedMs > 0) {
    const locks = waits.map(({ lock, build }) => (build === undefined ? lock : `${lock} of ${build}`));
    const words = `waited ${formatDuration(waitedMs)}${locks.length === 0 ? '' : ` for ${locks.join(', ')}`}`;
    bars.push({ activity: 'wait', fromMs: beganMs, toMs: workMs, failed: false, words });
  }
  let atMs = workMs;
  for (const [index, { name, outcome, ms, at }] of stages.entries()) {
    const fromMs = at === undefined ? atMs : Math.max(atMs, beganMs + at);
    if (index === 0 && fromMs > workMs) bars.push(update(workMs, fromMs, false));
    const toMs = Math.min(Math.max(endMs, fromMs), fromMs + ms);
    const words = `${name} ${outcome} after ${formatDuration(ms)}`;
    bars.push({ activity: activityOf(name), fromMs, toMs, failed: outcome !== 'passed', words });
    atMs = toMs;
  }
  if (stages.length === 0 && endMs > workMs) bars.push(update(workMs, endMs, result !== 'done' && !wasSkipped(run)));
  return bars;
}

function presentBars(beganMs: number, nowMs: number, present: Present, activityOf: (stage: string) => Activity): Bar[] {
  const sinceMs = Math.min(Math.max(beganMs, present.sinceMs), nowMs);
  const activity = present.waits ? 'wait' : activityOf(present.stage);
  const words = `${present.waits ? 'waits' : present.stage} for ${formatDuration(nowMs - sinceMs)}`;
  return [
    ...(sinceMs > beganMs
      ? [{ ...update(beganMs, sinceMs, false), activity: 'other' as const, words: 'before that' }]
      : []),
    { activity, fromMs: sinceMs, toMs: nowMs, failed: false, words },
  ];
}

function update(fromMs: number, toMs: number, failed: boolean): Bar {
  return { activity: 'update', fromMs, toMs, failed, words: `update, ${formatDuration(toMs - fromMs)}` };
}

function isActivity(name: string): name is Activity {
  return (ACTIVITIES as readonly string[]).includes(name);
}

/** Round times between two, at most so many: hours, or parts of hours. */
export function ticks(fromMs: number, toMs: number, most: number): number[] {
  const step = STEPS_MS.find((each) => (toMs - fromMs) / each <= most) ?? DAY_MS;
  const first = Math.ceil(fromMs / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((toMs - first) / step) + 1) }, (_, index) => first + index * step);
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * MINUTE_MS);
