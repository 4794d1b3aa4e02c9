import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_DURATION_MS, milliseconds, parseDuration } from '../../src/config/duration.js';
import { formatDuration } from '../../src/text/duration.js';

describe('parseDuration', () => {
  it.each([
    [90, 90_000],
    [0.25, 250],
    [0, 0],
    ['90 s', 90_000],
    ['90s', 90_000],
    ['10 min', 600_000],
    ['1 h 30 min', 5_400_000],
    [' 1h30min ', 5_400_000],
    ['500 ms', 500],
    ['1.5 h', 5_400_000],
    ['2 d', 172_800_000],
    ['1 d 2 h 3 min 4 s 5 ms', 93_784_005],
  ])('reads %j as %d ms', (value, ms) => {
    expect(parseDuration(value)).toBe(ms);
  });

  it.each([
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '',
    ' ',
    '90',
    '-5 s',
    '5 minutes',
    '5 m',
    '10 min 1 h',
    '1 s 1 s',
    's',
    '5 s later',
    '5 sms',
    '1e3 s',
    `${'9'.repeat(400)} s`,
  ])('does not read %j', (value) => {
    expect(parseDuration(value)).toBeUndefined();
  });

  it('adds up any units in falling order', () => {
    const amounts = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(999));
    fc.assert(
      fc.property(amounts, fc.constantFrom('', ' ', '  '), ([d, h, min, s, ms], space) => {
        const text = `${d}${space}d ${h}${space}h ${min}${space}min ${s}${space}s ${ms}${space}ms`;
        expect(parseDuration(text)).toBe(((d * 24 + h) * 60 + min) * 60_000 + s * 1000 + ms);
      }),
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 s'],
    [0.4, '0 s'],
    [-5, '0 s'],
    [500, '500 ms'],
    [999.6, '1 s'],
    [1500, '1.5 s'],
    [9940, '9.9 s'],
    [9960, '10 s'],
    [59_700, '1 min'],
    [125_000, '2 min 5 s'],
    [600_000, '10 min'],
    [3_599_700, '1 h'],
    [5_400_000, '1 h 30 min'],
    [86_340_000, '23 h 59 min'],
    [86_399_999, '1 d'],
    [97_200_000, '1 d 3 h'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('is read back within half of the smallest unit it shows', () => {
    fc.assert(
      fc.property(fc.nat(2 * MAX_DURATION_MS), (ms) => {
        const text = formatDuration(ms);
        const tolerance = ms < 1000 ? 0 : ms < 9950 ? 50 : ms < 3_600_000 ? 500 : ms < 86_400_000 ? 30_000 : 1_800_000;
        expect(Math.abs(milliseconds(text) - ms)).toBeLessThanOrEqual(tolerance);
        expect(text.split(' ').length).toBeLessThanOrEqual(4);
      }),
      { numRuns: 500 },
    );
  });
});

it('milliseconds refuses what has not been checked', () => {
  expect(() => milliseconds('soon')).toThrow('soon');
});
