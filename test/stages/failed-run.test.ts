import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Failure } from '../../src/failures/failure.js';
import { type BrokenSince, brokenSince } from '../../src/stages/broken-since.js';
import { readFailedRun, writeFailedRun } from '../../src/stages/failed-run.js';
import { explainFailedStages } from '../../src/stages/failure-message.js';
import type { PastRun } from '../../src/stages/history.js';
import type { StageReport } from '../../src/stages/run-event.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-failed-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const id = (number: number): string => number.toString(16).padStart(16, '0');
const stampAt = (minute: number): string => `20260131-${String(minute).padStart(4, '0')}-Continuous`;

function failure(more: Partial<Failure> = {}): Failure {
  const unknown = { errors: { count: 0, orMore: false, first: [] }, tests: { failed: 0, first: [] }, lastLines: [] };
  return { stage: 'build', end: 'failed with exit code 2 after 3 s', logFile: '/b/log', ...unknown, ...more };
}

describe('the record of a run that failed', () => {
  test('is read as it was written, and of the others the newest hundred are kept', () => {
    for (let run = 0; run < 130; run++) {
      writeFailedRun(directory, { run: id(run), stamp: stampAt(run), failures: [failure()] });
    }
    expect(readdirSync(join(directory, 'Testing', 'Failures'))).toHaveLength(100);
    expect(readFailedRun(directory, { run: id(129), stamp: stampAt(129) })?.failures).toEqual([failure()]);
    expect(readFailedRun(directory, { run: id(1), stamp: stampAt(1) })).toBeUndefined();
  });

  test('is neither written nor removed through a link that somebody has put there', () => {
    const home = join(directory, 'home');
    mkdirSync(home);
    mkdirSync(join(directory, 'Testing'));
    writeFileSync(join(home, `20200101-0000-${id(1)}.json`), 'years of work');
    symlinkSync(home, join(directory, 'Testing', 'Failures'));
    const write = () => writeFailedRun(directory, { run: id(2), stamp: stampAt(2), failures: [] });
    expect(write).toThrow(/Failures: a symbolic link is in the way/);
    expect(readdirSync(home)).toHaveLength(1);
  });

  test('is looked for by nothing but an id and a stamp, whatever a history says', () => {
    mkdirSync(join(directory, 'Testing', 'Failures'), { recursive: true });
    const secret = join(directory, 'secret.json');
    writeFileSync(secret, JSON.stringify({ run: id(1), stamp: stampAt(1), failures: [] }));
    expect(existsSync(secret)).toBe(true);
    expect(readFailedRun(directory, { run: '../../secret', stamp: stampAt(1) })).toBeUndefined();
    expect(readFailedRun(directory, { run: id(1), stamp: '../../../x' })).toBeUndefined();
  });
});

describe('since when a build is broken', () => {
  const past = (run: number, result: string): PastRun => ({
    ...{ run: id(run), begun: '2026-01-31T11:00:00.000Z', ended: '2026-01-31T11:01:00.000Z', stamp: stampAt(run) },
    result,
  });

  test.each<[string, string[], Partial<Record<'first' | 'passed', number>> & { runs: number }]>([
    ['a run that passed is the last one', ['done', 'done'], { passed: 1, runs: 0 }],
    ['failed ones in a row count', ['done', 'stage-failed', 'stage-failed'], { passed: 0, first: 1, runs: 2 }],
    [
      'those that built nothing do not',
      ['done', 'stage-failed', 'update-failed', 'wait-timed-out'],
      { passed: 0, first: 1, runs: 1 },
    ],
    ['none has passed', ['stage-failed'], { first: 0, runs: 1 }],
    ['there is none', [], { runs: 0 }],
  ])('%s', (_, results, { first, passed, runs }) => {
    const history = [...results.map((result, run) => past(run, result)), past(99, 'stage-failed')];
    const since = brokenSince(history, id(99));
    expect({ ...since, first: since.first?.run, passed: since.passed?.run }).toEqual({
      runs,
      first: first === undefined ? undefined : id(first),
      passed: passed === undefined ? undefined : id(passed),
    });
  });
});

describe('the message of a run that failed', () => {
  const build = { name: 'gcc' } as Parameters<typeof explainFailedStages>[0];
  const commit = (number: number) => ({
    ...{
      revision: `${number}`.padStart(40, 'a'),
      author: 'Ann',
      email: '',
      date: '',
      log: `Change ${number}\n\nMore.`,
    },
    ...{ committer: '', committerEmail: '', committedDate: '', files: [] },
  });
  const update = (count: number) => ({
    ...{ type: 'git', records: [1], prior: '', revision: '', modified: [], conflicting: [], started: '', ended: '' },
    changes: Array.from({ length: count }, (_, index) => commit(index + 1)),
  });
  const since: BrokenSince = { first: undefined, runs: 0, passed: undefined };

  test('has at most 60 lines, whatever has failed', () => {
    const first = Array.from({ length: 10 }, () => ({ text: 'e', before: ['1', '2'], after: ['3', '4'] }));
    const tests = {
      failed: 500,
      all: 9000,
      first: Array.from({ length: 20 }, () => ({ name: 't', output: Array(20).fill('o') })),
    };
    const stages = Array.from({ length: 9 }, (_, index): StageReport => {
      const many = failure({ stage: `s${index}`, errors: { count: 50, orMore: true, first }, tests });
      return { name: `s${index}`, outcome: { kind: 'failed', exitCode: 2 }, ms: 1, logFile: '/l', failure: many };
    });
    const lines = explainFailedStages(build, { stages, update: update(30) as never }, { configFile: '/s.toml', since });
    expect(lines.length).toBeLessThanOrEqual(60);
    expect(lines.length).toBeGreaterThan(50);
    expect(lines.join('\n')).not.toMatch(/\n\n/);
    expect(lines).toContain('  5 more stages failed');
    expect(lines).toContain('    ... and 22 more');
    expect(lines).toContain('    aaaaaaaaaaaa Ann: Change 30');
    expect(lines.at(-1)).toBe('  To see more: stagelock --config /s.toml log gcc --show');
  });

  test('says what it knows of a stage whose failure could not be looked into', () => {
    const stage: StageReport = { name: 'b', outcome: { kind: 'failed', exitCode: 2 }, ms: 1000, logFile: '/l' };
    const lines = explainFailedStages(build, { stages: [stage] }, { configFile: '/s.toml' });
    expect(lines.slice(0, 2)).toEqual(['gcc: b failed with exit code 2 after 1 s', '  log: /l']);
  });
});
