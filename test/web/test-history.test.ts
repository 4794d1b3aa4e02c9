import { expect, test } from 'vitest';
import type { Failure } from '../../src/failures/failure.js';
import { type TestedRun, testRows } from '../../src/web/test-history.js';

/** A run whose stage failed by these tests; without any it passed. @param more failed than are named */
function run(revision: string, failed: readonly string[] | undefined, more = 0): TestedRun {
  const names = failed ?? [];
  const outcome = names.length + more > 0 ? 'failed' : 'passed';
  const time = '2026-01-31T11:21:00Z';
  const failure: Failure = {
    stage: 'test',
    end: '',
    logFile: '/l',
    errors: { count: 0, orMore: false, first: [] },
    tests: { failed: names.length + more, first: names.map((name) => ({ name, output: [] })) },
    lastLines: [],
  };
  return {
    run: {
      run: revision,
      begun: time,
      ended: time,
      stamp: 's',
      update: { revision, commits: 1, records: [] },
      stages: failed === undefined ? [] : [{ name: 'test', outcome, ms: 1 }],
    },
    failures: outcome === 'failed' ? [failure] : [],
  };
}

const rows = (...tested: TestedRun[]) =>
  testRows(tested).map(({ test: name, fared, isFlaky }) => `${name}: ${fared.join(' ')}${isFlaky ? ', flaky' : ''}`);

test('a test is known by the runs in which it failed, the one that failed last first', () => {
  expect(rows(run('1', []), run('2', ['a']), run('3', ['a', 'b']), run('4', undefined), run('5', ['b']))).toEqual([
    'b: passed passed failed unknown failed',
    'a: passed failed failed unknown passed',
  ]);
  expect(rows(run('1', []), run('2', []))).toEqual([]);
});

test('where more failed than are kept, nothing is known of the others', () => {
  expect(rows(run('1', ['a']), run('2', ['b'], 30))).toEqual(['b: passed failed', 'a: failed unknown']);
});

test('a test is flaky when it passed and failed on one revision, or went to and fro; one that broke and was mended is not', () => {
  expect(rows(run('1', ['a']), run('1', []))).toEqual(['a: failed passed, flaky']);
  expect(rows(run('1', []), run('2', ['a']), run('3', []))).toEqual(['a: passed failed passed']);
  expect(rows(run('1', []), run('2', ['a']), run('3', []), run('4', ['a']))).toEqual([
    'a: passed failed passed failed, flaky',
  ]);
});
