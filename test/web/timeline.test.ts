import { expect, test } from 'vitest';
import type { PastRun } from '../../src/stages/history.js';
import { inOneBar, type RunBars, runBars, ticks } from '../../src/web/timeline.js';

const at = (minute: number, second = 0): number => Date.UTC(2026, 0, 31, 11, minute, second);
const iso = (ms: number): string => new Date(ms).toISOString();
const STAGES = [
  { name: 'compile', report: 'build' },
  { name: 'test', report: 'test' },
  { name: 'pack', report: undefined },
] as Parameters<typeof runBars>[1];

/** `wait 0-30` in seconds after 11:00. */
function drawn(runs: readonly RunBars[]): string[] {
  return runs.flatMap(({ bars }) =>
    bars.map(
      ({ activity, fromMs, toMs, failed }) =>
        `${activity} ${(fromMs - at(0)) / 1000}-${(toMs - at(0)) / 1000}${failed ? ' failed' : ''}`,
    ),
  );
}

function past(more: Partial<PastRun>): PastRun {
  return { run: 'r', begun: iso(at(0)), stamp: 's', ended: iso(at(5)), result: 'done', ...more };
}

const span = { fromMs: at(-60), nowMs: at(30), present: undefined };

test('a run is its wait, its update and its stages; what failed is marked', () => {
  const run = past({
    waitedMs: 30_000,
    waits: [{ lock: 'running.s1', build: 's1', ms: 30_000 }],
    result: 'stage-failed',
    stages: [
      { name: 'compile', outcome: 'passed', ms: 60_000, at: 45_000 },
      { name: 'test', outcome: 'failed', ms: 90_000, at: 106_000 },
      { name: 'pack', outcome: 'passed', ms: 1000, at: 200_000 },
    ],
  });
  const bars = runBars([run], STAGES, span);
  expect(drawn(bars)).toEqual(['wait 0-30', 'update 30-45', 'build 45-105', 'test 106-196 failed', 'other 200-201']);
  expect(bars[0]?.bars[0]?.words).toBe('waited 30 s for running.s1 of s1');
});

test('a run without room is one bar: what took longest, failed if anything did', () => {
  const stages = [
    { name: 'compile', outcome: 'failed', ms: 60_000, at: 0 },
    { name: 'test', outcome: 'passed', ms: 90_000, at: 60_000 },
  ];
  const [run] = runBars([past({ stages })], STAGES, span);
  expect(run && inOneBar(run)).toMatchObject({ activity: 'test', failed: true, fromMs: at(0), toMs: at(5) });
});

test('runs of earlier versions, which do not say when a stage began, have their stages one after the other', () => {
  const stages = [
    { name: 'compile', outcome: 'passed', ms: 60_000 },
    { name: 'test', outcome: 'passed', ms: 30_000 },
  ];
  expect(drawn(runBars([past({ stages })], STAGES, span))).toEqual(['build 0-60', 'test 60-90']);
});

test('a history that says nonsense draws no bar beyond the end of its run, nor backwards', () => {
  const stages = [
    { name: 'compile', outcome: 'passed', ms: 1e12, at: 0 },
    { name: 'test', outcome: 'passed', ms: 5, at: 1e12 },
  ];
  for (const { fromMs, toMs } of runBars([past({ waitedMs: 1e12, stages })], STAGES, span)[0]?.bars ?? []) {
    expect(toMs).toBeGreaterThanOrEqual(fromMs);
  }
});

test('a history with any number of stages draws no more than fit', () => {
  const stages = Array.from({ length: 100_000 }, () => ({ name: 'pack', outcome: 'passed', ms: 1 }));
  expect(runBars([past({ stages })], STAGES, span)[0]?.bars.length).toBe(100);
});

test('a run that failed before its stages is an update that failed; one that was skipped is not', () => {
  expect(drawn(runBars([past({ result: 'update-failed', headline: 'update failed' })], STAGES, span))).toEqual([
    'update 0-300 failed',
  ]);
  expect(drawn(runBars([past({ result: 'secondaries-building' })], STAGES, span))).toEqual(['update 0-300']);
});

test('of runs without an end the newest is drawn while it lives, and others died; what is over before the picture is left out', () => {
  const open = (run: string, minute: number): PastRun => ({ run, begun: iso(at(minute)), stamp: 's' });
  const present = { stage: 'test', sinceMs: at(22), waits: false };
  const runs = [past({}), open('died', 10), open('lives', 20)];
  const nowMs = at(25);
  expect(runBars(runs, STAGES, { fromMs: at(6), nowMs, present }).map(({ run }) => run)).toEqual(['lives']);
  expect(drawn(runBars(runs, STAGES, { fromMs: at(6), nowMs, present }))).toEqual([
    'other 1200-1320',
    'test 1320-1500',
  ]);
  expect(runBars(runs, STAGES, { fromMs: at(6), nowMs, present: undefined })).toEqual([]);
});

test('ticks stand at round times', () => {
  expect(ticks(at(1), at(59), 9).map((ms) => (ms - at(0)) / 60_000)).toEqual([10, 20, 30, 40, 50]);
  expect(ticks(at(0), at(7 * 24 * 60), 9)).toHaveLength(7);
});
