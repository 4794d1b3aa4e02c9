import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { momentText } from '../../src/text/moment.js';
import { WarningReporter } from '../../src/warnings/reporter.js';
import { type Remembered, thin } from '../../src/warnings/thinning.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const OLD = { key: 'lock', since: '2002-01-31T21:00:00Z', told: '2002-01-31T21:00:00Z', times: 1, withheld: 0 };
const NIGHT = Date.parse('2002-01-31T21:00:00Z');

/** When a recurring warning is reported, in minutes after the first. */
function toldAfter(everyMs: number, forMs: number): number[] {
  const told: number[] = [];
  let before: readonly Remembered[] = [];
  for (let ms = 0; ms <= forMs; ms += everyMs) {
    const { tell, remember } = thin(before, 'lock', new Date(NIGHT + ms));
    if (tell) told.push(ms / MINUTE);
    before = remember;
  }
  return told;
}

describe('a warning that stays the same', () => {
  test('is told at once, and then after 1, 2, 4, … hours up to a day', () => {
    const hours = toldAfter(5 * MINUTE, 80 * HOUR).map((minutes) => minutes / 60);
    expect(hours).toEqual([0, 1, 3, 7, 15, 31, 55, 79]);
  });

  test('of a nightly build is told each night', () => {
    expect(toldAfter(24 * HOUR, 4 * 24 * HOUR)).toHaveLength(5);
  });

  test('is another one when its lock or its owner is', () => {
    const first = thin([], 'running of 4711', new Date(NIGHT));
    expect(first.tell).toBe(true);
    expect(thin(first.remember, 'running of 4711', new Date(NIGHT + MINUTE)).tell).toBe(false);
    expect(thin(first.remember, 'running of 4712', new Date(NIGHT + MINUTE)).tell).toBe(true);
  });

  test('is reported when the clock was set back, or it would be withheld until the clock has caught up', () => {
    const { remember } = thin([], 'lock', new Date(NIGHT));
    expect(thin(remember, 'lock', new Date(NIGHT - 30 * 24 * HOUR)).tell).toBe(true);
  });

  test('takes turns with another one: both are told once, and each is reminded of by itself', () => {
    const told: string[] = [];
    let before: readonly Remembered[] = [];
    for (let minutes = 0; minutes < 6 * 60; minutes += 15) {
      const key = minutes % 30 === 0 ? 'away' : 'wrong';
      const { tell, remember } = thin(before, key, new Date(NIGHT + minutes * MINUTE));
      if (tell) told.push(`${minutes} ${key}`);
      before = remember;
    }
    expect(told).toEqual(['0 away', '15 wrong', '60 away', '75 wrong', '180 away', '195 wrong']);
  });

  test('is told when it comes back after an hour in which something else was wrong', () => {
    const { remember: first } = thin([], 'away', new Date(NIGHT));
    const { remember: second } = thin(first, 'away', new Date(NIGHT + 61 * MINUTE));
    const { remember: third } = thin(second, 'wrong', new Date(NIGHT + 65 * MINUTE));
    const { remember: fourth, tell } = thin(third, 'wrong', new Date(NIGHT + 120 * MINUTE));
    expect(tell).toBe(false);
    const back = thin(fourth, 'away', new Date(NIGHT + 125 * MINUTE));
    expect(back).toMatchObject({ tell: true, again: undefined });
    expect(back.remember.map(({ key, times }) => [key, times])).toEqual([
      ['away', 1],
      ['wrong', 1],
    ]);
  });

  test('is remembered in bounded space, however many take turns', () => {
    let before: readonly Remembered[] = [];
    for (let state = 0; state < 100; state++) before = thin(before, `state ${state}`, new Date(NIGHT + state)).remember;
    expect(before).toHaveLength(10);
    expect(before[0]?.key).toBe('state 99');
  });

  test('is never silent for more than a day, whatever the clock does', () => {
    const steps = fc.array(fc.integer({ min: -3 * HOUR, max: 3 * HOUR }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(steps, (jumps) => {
        let before: readonly Remembered[] = [];
        let ms = NIGHT;
        let told = NIGHT;
        for (const jump of [0, ...jumps]) {
          ms += jump;
          const result = thin(before, 'lock', new Date(ms));
          if (result.tell) told = ms;
          expect(ms - told).toBeLessThan(24 * HOUR);
          expect(told).toBeLessThanOrEqual(ms);
          before = result.remember;
        }
      }),
    );
  });
});

describe('what a person is told', () => {
  let directory: string;
  let now: number;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'stagelock-warnings-'));
    now = NIGHT;
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** Each run is a process of its own: nothing is kept but in the file. */
  const teller = (): WarningReporter => new WarningReporter(join(directory, 'Warnings.json'), () => new Date(now));
  const warn = (key = 'lock'): readonly string[] => teller().warn('run', key, ['held', '  by 4711']);

  test('is the warning, then how often it came since, and at last that it is over', () => {
    expect(warn()).toEqual(['held', '  by 4711']);
    for (let run = 0; run < 11; run++) {
      now += 5 * MINUTE;
      expect(warn()).toEqual([]);
    }
    now += 5 * MINUTE;
    expect(warn()).toEqual([
      'held',
      '  by 4711',
      '  The same as 1 h ago, and 11 times in between, not reported; --every-warning reports each one.',
    ]);
    now += 5 * MINUTE;
    expect(warn()).toEqual([]);
    expect(teller().over('run', 'main: runs again.', new Date(now))).toEqual([
      `main: runs again. The problem of ${momentText('2002-01-31T21:00:00.000Z')} (once more not reported) is over.`,
    ]);
    expect(teller().over('run', 'main: runs again.', new Date(now))).toEqual([]);
    expect(warn()).toEqual(['held', '  by 4711']);
  });

  test('is not that it is over, when the run for which all is well is the one that was in the way', () => {
    const began = new Date(now);
    now += 5 * MINUTE;
    warn();
    now += 5 * MINUTE;
    expect(teller().over('run', 'main: runs again.', began)).toEqual([]);
    expect(teller().over('run', 'main: runs again.', new Date(now))).toHaveLength(1);
  });

  test('is that it is over once, for everything that was wrong, and since when the first of it was', () => {
    warn('away');
    now += 5 * MINUTE;
    warn('wrong');
    now += 5 * MINUTE;
    warn('away');
    expect(teller().over('run', 'main: runs again.', new Date(now))).toEqual([
      `main: runs again. The problem of ${momentText('2002-01-31T21:00:00.000Z')} (once more not reported) is over.`,
    ]);
    expect(teller().over('run', 'main: runs again.', new Date(now))).toEqual([]);
  });

  test('of one matter does not depend on another', () => {
    warn();
    expect(teller().warn('submit', 'away', ['away'])).toEqual(['away']);
    expect(teller().over('run', 'x', new Date(now))).toHaveLength(1);
    expect(teller().warn('submit', 'away', ['away'])).toEqual([]);
  });

  test.each([
    ['is damaged', () => writeFileSync(join(directory, 'Warnings.json'), '{"run": {"key": "lock", "told"')],
    [
      'is of something else',
      () => writeFileSync(join(directory, 'Warnings.json'), '{"run": {"key": "lock", "told": 5}}'),
    ],
    ['is of an older version', () => writeFileSync(join(directory, 'Warnings.json'), JSON.stringify({ run: OLD }))],
    ['is a directory', () => mkdirSync(join(directory, 'Warnings.json'))],
    ['is a link to a file of another user', () => symlinkSync('/etc/passwd', join(directory, 'Warnings.json'))],
  ])('is everything where what is remembered %s', (_, damage) => {
    const before = readFileSync('/etc/passwd', 'utf8');
    damage();
    expect(warn()).toEqual(['held', '  by 4711']);
    expect(readFileSync('/etc/passwd', 'utf8')).toBe(before);
  });
});
