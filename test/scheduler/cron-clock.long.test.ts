import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CronExpression, parseCronExpression } from '../../src/config/cron-expression.js';
import { type Due, dueAfter, lastDue } from '../../src/scheduler/cron-clock.js';
import { firesIn, type LocalMinute, localMinuteOf } from '../../src/scheduler/local-time.js';

const MINUTE_MS = 60_000;

function expressionOf(text: string): CronExpression {
  const expression = parseCronExpression(text);
  if ('problem' in expression) throw new Error(expression.problem);
  return expression;
}

/** What is due at each of the minutes that a clock shows, one after the other. */
function dueAtEach(shown: readonly LocalMinute[]): Due[] {
  const dues: Due[] = [];
  for (const minute of shown) dues.push(dueAfter(dues.at(-1)?.done, minute));
  return dues;
}

/** Which minutes of a line are run when a clock shows some. */
function runsOf(text: string, dues: readonly Due[]): LocalMinute[] {
  const expression = expressionOf(text);
  return dues.flatMap((due) => lastDue(expression, due) ?? []);
}

const at = (time: string, day = '2026-11-25'): LocalMinute => Date.parse(`${day}T${time}:00Z`) / MINUTE_MS;
const textOf = (minute: LocalMinute): string => new Date(minute * MINUTE_MS).toISOString().slice(11, 16);

/** The minutes from one to another, both included. */
function minutes(first: LocalMinute, last: LocalMinute): LocalMinute[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** What a clock shows in each minute of some real time. */
function shownBetween(from: string, to: string, timeZone: string): LocalMinute[] {
  const [first, end] = [Date.parse(from), Date.parse(to)];
  return Array.from({ length: (end - first) / MINUTE_MS }, (_, index) =>
    localMinuteOf(first + index * MINUTE_MS, timeZone),
  );
}

/** A line with times that are the same every day, and one that goes by the clock. */
const FIXED = '0-59 0-23 * * *';
const WILDCARD = '* * * * *';

describe('while the clock goes as it should', () => {
  test('each minute of a line is due exactly once', () => {
    const field = (least: number, most: number) =>
      fc.oneof(
        fc.constant('*'),
        fc.integer({ min: 2, max: 20 }).map((step) => `*/${step}`),
        fc.uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1, maxLength: 4 }).map((all) => all.join()),
      );
    const lines = fc
      .tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7))
      .map((all) => all.join(' '));
    const starts = fc.integer({ min: at('00:00', '2026-01-01'), max: at('00:00', '2027-01-01') });
    fc.assert(
      fc.property(lines, starts, fc.integer({ min: 1, max: 3000 }), (line, first, count) => {
        const shown = minutes(first, first + count);
        const expression = expressionOf(line);
        expect(runsOf(line, dueAtEach(shown))).toEqual(shown.filter((minute) => firesIn(expression, minute)));
      }),
    );
  });

  test('the minute in which it begins is one of them', () => {
    expect(runsOf('7 3 * * *', dueAtEach([at('03:07')]))).toEqual([at('03:07')]);
  });
});

describe('when the clock goes ahead', () => {
  /** What is run, of a clock that shows 12:00 and then nothing before some minutes later. */
  const runsAfter = (late: number, line: string): string[] =>
    runsOf(line, dueAtEach([at('12:00'), at('12:00') + late]).slice(1)).map(textOf);
  const spansAfter = (late: number) => {
    const { wildcard, fixed, done } = dueAfter(at('12:00'), at('12:00') + late);
    return {
      wildcard: minutes(wildcard.first, wildcard.last).length,
      fixed: minutes(fixed.first, fixed.last).length,
      done: done - at('12:00'),
    };
  };

  test.each([
    { late: 1, wildcard: 1, fixed: 1 },
    // The machine was busy: everything is made up for.
    { late: 2, wildcard: 2, fixed: 2 },
    { late: 5, wildcard: 5, fixed: 5 },
    // Summer time begins: what has fixed times is.
    { late: 6, wildcard: 1, fixed: 6 },
    { late: 100, wildcard: 1, fixed: 100 },
    { late: 180, wildcard: 1, fixed: 180 },
    // It was wrong before: nothing is.
    { late: 181, wildcard: 1, fixed: 1 },
    { late: 100_000, wildcard: 1, fixed: 1 },
  ])('by $late minutes, $wildcard of the minutes are due for wildcards and $fixed for fixed times', (expected) => {
    const { late, wildcard, fixed } = expected;
    expect(spansAfter(late)).toEqual({ wildcard, fixed, done: late });
  });

  test('what was skipped several times is run once, and is the last of them', () => {
    expect(runsAfter(5, WILDCARD)).toEqual(['12:05']);
    expect(runsAfter(5, '1,3 * * * *')).toEqual(['12:03']);
    expect(runsAfter(100, '5,15 12,13 * * *')).toEqual(['13:15']);
    expect(runsAfter(5, '6 * * * *')).toEqual([]);
    expect(runsAfter(100, '*/30 * * * *')).toEqual([]);
  });

  test('what comes after it is as always', () => {
    const shown = [at('12:00'), ...minutes(at('13:40'), at('13:50'))];
    expect(runsOf('*/5 * * * *', dueAtEach(shown)).map(textOf)).toEqual(['12:00', '13:40', '13:45', '13:50']);
    expect(runsOf('10,45 12-13 * * *', dueAtEach(shown)).map(textOf)).toEqual(['13:10', '13:45']);
  });
});

describe('when the clock goes back', () => {
  const goingBack = (by: number): Due[] => dueAtEach([at('12:00'), ...minutes(at('12:00') - by, at('12:03'))]);

  test.each([1, 59, 60, 179])(
    'by %i minutes, fixed times are not repeated and wildcards go on by the new time',
    (by) => {
      const dues = goingBack(by);
      expect(runsOf(FIXED, dues)).toEqual(minutes(at('12:00'), at('12:03')));
      expect(runsOf(WILDCARD, dues)).toEqual([at('12:00'), ...minutes(at('12:00') - by, at('12:03'))]);
    },
  );

  test.each([180, 181, 100_000])('by %i minutes, it was wrong before, and everything goes on by the new time', (by) => {
    const dues = goingBack(by);
    const all = [at('12:00'), ...minutes(at('12:00') - by, at('12:03'))];
    expect(runsOf(FIXED, dues)).toEqual(all);
    expect(runsOf(WILDCARD, dues)).toEqual(all);
  });

  test('and ahead again, nothing with fixed times is run twice', () => {
    const shown = [
      ...minutes(at('12:00'), at('12:30')),
      ...minutes(at('11:45'), at('11:50')),
      at('12:40'),
      at('12:41'),
    ];
    expect(runsOf('10,20,35 11-12 * * *', dueAtEach(shown)).map(textOf)).toEqual(['12:10', '12:20', '12:35']);
  });
});

describe('whatever the clock does', () => {
  const jumps = fc.oneof(
    { weight: 6, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.integer({ min: -179, max: 180 }) },
  );
  const walks = fc.array(jumps, { minLength: 1, maxLength: 300 }).map((steps) => {
    const shown = [at('12:00')];
    for (const step of steps) shown.push(Math.max((shown.at(-1) ?? 0) + step, Math.max(...shown) - 179));
    return shown;
  });

  test('within three hours, every fixed time up to the latest that it has shown is due exactly once', () => {
    fc.assert(
      fc.property(walks, (shown) => {
        const dues = dueAtEach(shown);
        const fixed = dues.flatMap(({ fixed: { first, last } }) => minutes(first, last));
        expect(fixed).toEqual(minutes(at('12:00'), Math.max(...shown)));
      }),
    );
  });

  test('what it shows is due for wildcards, and is the latest that is', () => {
    fc.assert(
      fc.property(walks, (shown) => {
        expect(dueAtEach(shown).map(({ wildcard }) => wildcard.last)).toEqual(shown);
      }),
    );
  });
});

describe('in a year of Berlin', () => {
  const shown = shownBetween('2025-12-31T23:00:00Z', '2026-12-31T23:00:00Z', 'Europe/Berlin');
  const dues = dueAtEach(shown);

  test.each(['0 3 * * *', '30 2 * * *', '0 2 * * *', '59 2 * * *', '59 1 * * *', '0 0 * * *', '15 14 * * *'])(
    '%s is run 365 times',
    (line) => {
      expect(shown).toHaveLength(365 * 24 * 60);
      expect(runsOf(line, dues)).toHaveLength(365);
    },
  );

  test('*/10 * * * * is run every ten minutes of real time, and * 2 * * * as often as the clock shows that hour', () => {
    expect(runsOf('*/10 * * * *', dues)).toHaveLength((365 * 24 * 60) / 10);
    expect(runsOf('* 2 * * *', dues)).toHaveLength(365 * 60); // once less in March, once more in October
  });

  test('what is skipped in March is run at three, and what is shown twice in October is run the first time', () => {
    const march = dueAtEach(shownBetween('2026-03-29T00:30:00Z', '2026-03-29T02:00:00Z', 'Europe/Berlin'));
    expect(march.flatMap((due, index) => (lastDue(expressionOf('30 2 * * *'), due) ? [index] : []))).toEqual([30]);
    const october = dueAtEach(shownBetween('2026-10-25T00:00:00Z', '2026-10-25T02:31:00Z', 'Europe/Berlin'));
    expect(october.flatMap((due, index) => (lastDue(expressionOf('30 2 * * *'), due) ? [index] : []))).toEqual([30]);
    expect(october.flatMap((due, index) => (lastDue(expressionOf('30 * * * *'), due) ? [index] : []))).toEqual([
      30, 90, 150,
    ]);
  });
});

describe.each([
  ['Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z', 60],
  ['Europe/Berlin', '2026-10-24T12:00:00Z', '2026-10-25T12:00:00Z', -60],
  ['America/New_York', '2026-03-07T17:00:00Z', '2026-03-08T17:00:00Z', 60],
  ['America/New_York', '2026-10-31T17:00:00Z', '2026-11-01T17:00:00Z', -60],
  ['Australia/Lord_Howe', '2026-10-03T02:00:00Z', '2026-10-04T02:00:00Z', 30],
  ['Australia/Lord_Howe', '2026-04-04T01:00:00Z', '2026-04-05T01:00:00Z', -30],
  ['Asia/Kolkata', '2026-03-28T06:30:00Z', '2026-03-29T06:30:00Z', 0],
])('in the day of %s from %s', (zone, from, to, ahead) => {
  const shown = shownBetween(from, to, zone);
  const dues = dueAtEach(shown);

  test(`which ends ${ahead} minutes ahead, each time of day between its ends is run once, skipped or shown twice`, () => {
    expect((shown.at(-1) ?? 0) - (shown[0] ?? 0)).toBe(24 * 60 - 1 + ahead);
    const times = minutes(0, 24 * 60 - 1).map((minute) => [minute % 60, Math.floor(minute / 60)] as const);
    const counts = times.map(([minute, hour]) => runsOf(`${minute} ${hour} * * *`, dues).length);
    const seen = times.map(([minute, hour]) => {
      const expression = expressionOf(`${minute} ${hour} * * *`);
      return minutes(shown[0] ?? 0, shown.at(-1) ?? 0).filter((one) => firesIn(expression, one)).length;
    });
    expect(counts).toEqual(seen);
  });

  test('a line of every ten minutes is run as often as the clock shows such a minute', () => {
    const expression = expressionOf('*/10 * * * *');
    const real = shown.filter((minute) => firesIn(expression, minute));
    expect(real).toHaveLength(144);
    expect(runsOf('*/10 * * * *', dues)).toEqual(real);
  });
});
