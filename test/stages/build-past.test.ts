import { expect, test } from 'vitest';
import { pastAmong } from '../../src/stages/build-past.js';
import type { PastRun } from '../../src/stages/history.js';

function ended(run: string, result: string, headline?: string): PastRun {
  const time = '2026-01-31T11:21:00Z';
  return { run, begun: time, stamp: 's', ended: time, result, ...(headline !== undefined && { headline }) };
}

const runsOf = (...runs: PastRun[]) => {
  const { last, judged, passed } = pastAmong(runs);
  return [last?.run, judged?.run, passed?.run];
};

test('a run that was skipped does not hide that the build is broken', () => {
  const passed = ended('a', 'done');
  const failed = ended('b', 'stage-failed', 'build failed: 2 errors');
  expect(runsOf(passed, failed, ended('c', 'secondaries-building'), ended('d', 'held'))).toEqual(['d', 'b', 'a']);
  expect(runsOf(passed, ended('c', 'update-failed', 'update failed'))).toEqual(['c', 'c', 'a']);
  expect(runsOf(ended('d', 'interrupted'))).toEqual(['d', undefined, undefined]);
  // A run in progress has no end.
  expect(runsOf(passed, { run: 'e', begun: passed.begun, stamp: 's' })).toEqual(['a', 'a', 'a']);
});
