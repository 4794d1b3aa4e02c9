import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Failure } from '../../src/failures/failure.js';
import { failureLines } from '../../src/failures/failure-lines.js';
import { headlineOf } from '../../src/failures/headline.js';

function failure(more: Partial<Failure> = {}): Failure {
  return {
    stage: 'build',
    end: 'failed with exit code 2 after 3 s',
    logFile: '/b/Testing/Temporary/LastBuild_20260131-1121.log',
    errors: { count: 0, orMore: false, first: [] },
    tests: { failed: 0, first: [] },
    lastLines: [],
    ...more,
  };
}

const error = (text: string, place: { file?: string; line?: number } = {}) => ({
  ...place,
  text,
  before: ['before 1', 'before 2'],
  after: ['after 1', 'after 2'],
});

describe('the lines of a failure', () => {
  test('hold each error with its place once and two lines before and after it', () => {
    const first = [
      error('/s/a.c:12:3: error: x', { file: 'a.c', line: 12 }),
      error('"b.f", line 7: syntax error', { file: 'b.f', line: 7 }),
      error('undefined reference to `f`'),
    ];
    const lines = failureLines(failure({ errors: { count: 3, orMore: false, first } }), 50);
    expect(lines).toEqual([
      ...['    before 1', '    before 2', '  /s/a.c:12:3: error: x', '    after 1', '    after 2'],
      ...['    before 1', '    before 2', '  b.f:7: "b.f", line 7: syntax error', '    after 1', '    after 2'],
      ...['    before 1', '    before 2', '  undefined reference to `f`', '    after 1', '    after 2'],
    ]);
  });

  test('have each error and test once before any has all of its lines, and say how many are left out', () => {
    const tests = {
      failed: 30,
      all: 100,
      first: [1, 2, 3].map((n) => ({ name: `t${n}`, output: ['1', '2', '3', 'end'] })),
    };
    expect(failureLines(failure({ tests }), 9)).toEqual([
      '  t1',
      ...['    3', '    end'],
      '  t2',
      ...['    3', '    end'],
      '  t3',
      '    end',
      '  27 more tests',
    ]);
    expect(failureLines(failure({ tests }), 3)).toEqual(['  t1', '  t2', '  28 more tests']);
  });

  test('are those at the end of the log when nothing else is known', () => {
    const lastLines = Array.from({ length: 25 }, (_, index) => `line ${index}`);
    expect(failureLines(failure({ lastLines }), 2)).toEqual(['    line 23', '    line 24']);
  });

  test('steer no terminal, whatever a compiler or a test writes', () => {
    const evil = '\u001b]0;owned\u0007\u202e<script>\r\n';
    const errors = {
      count: 1,
      orMore: false,
      first: [{ text: evil, file: evil, line: 1, before: [evil], after: [evil] }],
    };
    const tests = { failed: 1, first: [{ name: evil, why: evil, output: [evil] }] };
    for (const lines of [
      failureLines(failure({ errors, tests }), 50),
      failureLines(failure({ lastLines: [evil] }), 5),
    ]) {
      for (const each of ['\u001b', '\u0007', '\u202e', '\r', '\n']) expect(lines.join('')).not.toContain(each);
    }
  });

  test('are never more than there is room for', () => {
    const texts = fc.array(fc.string(), { maxLength: 30 });
    const some = fc.record({
      errors: fc.array(texts, { maxLength: 12 }),
      tests: fc.array(texts, { maxLength: 25 }),
      more: fc.nat(5),
      most: fc.integer({ min: 1, max: 70 }),
    });
    fc.assert(
      fc.property(some, ({ errors, tests, more, most }) => {
        const lines = failureLines(
          failure({
            errors: {
              count: errors.length + more,
              orMore: more > 3,
              first: errors.map((after) => ({ text: 'e', before: after.slice(0, 2), after })),
            },
            tests: { failed: tests.length + more, first: tests.map((output) => ({ name: 't', output })) },
          }),
          most,
        );
        expect(lines.length).toBeLessThanOrEqual(most);
        if (errors.length + tests.length > 0) expect(lines.length).toBeGreaterThan(0);
      }),
    );
  });
});

test('the headline of failures says in which stage how much is wrong', () => {
  const errors = (count: number, orMore = false) => ({ errors: { count, orMore, first: [] } });
  expect(headlineOf([failure(errors(1))])).toBe('build failed: 1 error');
  expect(headlineOf([failure(errors(50, true))])).toBe('build failed: 50 or more errors');
  expect(headlineOf([failure()])).toBe('build failed with exit code 2 after 3 s');
  const test = failure({ stage: 'test', tests: { failed: 3, all: 20, first: [] } });
  expect(headlineOf([failure(errors(2)), test, test, test])).toBe(
    'build failed: 2 errors; test failed: 3 of 20 tests; 2 more stages failed',
  );
  expect(headlineOf([failure({ tests: { failed: 1, first: [] } })])).toBe('build failed: 1 test');
});
