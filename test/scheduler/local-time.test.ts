import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type CronExpression, parseCronExpression } from '../../src/config/cron-expression.js';
import { firesIn, localMinuteOf } from '../../src/scheduler/local-time.js';

const MINUTE_MS = 60_000;

function expressionOf(text: string): CronExpression {
  const expression = parseCronExpression(text);
  if ('problem' in expression) throw new Error(expression.problem);
  return expression;
}

/** `2026-03-29 03:00`, what a wall clock shows. */
function shownAt(instant: string, timeZone: string | undefined): string {
  return textOf(localMinuteOf(Date.parse(instant), timeZone));
}

function textOf(minute: number): string {
  return new Date(minute * MINUTE_MS).toISOString().slice(0, 16).replace('T', ' ');
}

/** Days of 2026 on which a line fires, and at which times. */
function firingsIn2026(text: string): string[] {
  const expression = expressionOf(text);
  const first = Date.UTC(2026, 0, 1) / MINUTE_MS;
  const minutes = Array.from({ length: 365 * 24 * 60 }, (_, index) => first + index);
  return minutes.filter((minute) => firesIn(expression, minute)).map(textOf);
}

describe('a wall clock', () => {
  afterEach(() => vi.unstubAllEnvs());

  test.each([
    // Summer time begins: an hour is skipped.
    ['Europe/Berlin', '2026-03-29T00:59:59.999Z', '2026-03-29 01:59'],
    ['Europe/Berlin', '2026-03-29T01:00:00.000Z', '2026-03-29 03:00'],
    ['America/New_York', '2026-03-08T06:59:00Z', '2026-03-08 01:59'],
    ['America/New_York', '2026-03-08T07:00:00Z', '2026-03-08 03:00'],
    // It ends: an hour is shown twice.
    ['Europe/Berlin', '2026-10-25T00:00:00Z', '2026-10-25 02:00'],
    ['Europe/Berlin', '2026-10-25T00:59:00Z', '2026-10-25 02:59'],
    ['Europe/Berlin', '2026-10-25T01:00:00Z', '2026-10-25 02:00'],
    ['Europe/Berlin', '2026-10-25T02:00:00Z', '2026-10-25 03:00'],
    ['America/New_York', '2026-11-01T05:59:00Z', '2026-11-01 01:59'],
    ['America/New_York', '2026-11-01T06:00:00Z', '2026-11-01 01:00'],
    // By half an hour, in the other half of the year.
    ['Australia/Lord_Howe', '2026-10-03T15:29:00Z', '2026-10-04 01:59'],
    ['Australia/Lord_Howe', '2026-10-03T15:30:00Z', '2026-10-04 02:30'],
    ['Australia/Lord_Howe', '2026-04-04T14:59:00Z', '2026-04-05 01:59'],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', '2026-04-05 01:30'],
    // No summer time; ahead of UTC by half an hour more than by whole ones.
    ['Asia/Kolkata', '2026-07-01T18:29:59Z', '2026-07-01 23:59'],
    ['Asia/Kolkata', '2026-07-01T18:30:00Z', '2026-07-02 00:00'],
    ['UTC', '2028-02-29T23:59:00Z', '2028-02-29 23:59'],
  ])('in %s shows at %s %s', (timeZone, instant, shown) => {
    expect(shownAt(instant, timeZone)).toBe(shown);
    vi.stubEnv('TZ', timeZone);
    expect(shownAt(instant, undefined)).toBe(shown);
  });

  test('shows the same by its name as to a process that lives by it, at any time', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'America/St_Johns'];
    // Since 1995 there have been no offsets with seconds.
    const instants = fc.date({ min: new Date('1995-01-01'), max: new Date('2060-01-01'), noInvalidDate: true });
    for (const zone of zones) {
      vi.stubEnv('TZ', zone);
      fc.assert(
        fc.property(instants, (instant) => {
          const ms = instant.getTime();
          expect(localMinuteOf(ms, zone)).toBe(localMinuteOf(ms, undefined));
          const asShown = [
            instant.getFullYear(),
            instant.getMonth(),
            instant.getDate(),
            instant.getHours(),
            instant.getMinutes(),
          ] as const;
          expect(localMinuteOf(ms, zone)).toBe(Date.UTC(...asShown) / MINUTE_MS);
        }),
      );
    }
  });
});

describe('a line of a crontab', () => {
  test.each<[string, string[]]>([
    ['5 4 3 2 *', ['2026-02-03 04:05']],
    ['0 0 31 * *', ['01', '03', '05', '07', '08', '10', '12'].map((month) => `2026-${month}-31 00:00`)],
    ['0 0 29 2 *', []],
    ['0,30 23 31 12 *', ['2026-12-31 23:00', '2026-12-31 23:30']],
    ['58-59 0-23/12 1 jan *', ['2026-01-01 00:58', '2026-01-01 00:59', '2026-01-01 12:58', '2026-01-01 12:59']],
    // Sunday is both 0 and 7.
    ['0 0 * 2 0', ['01', '08', '15', '22'].map((day) => `2026-02-${day} 00:00`)],
    ['0 0 * 2 7', ['01', '08', '15', '22'].map((day) => `2026-02-${day} 00:00`)],
  ])('%s fires in 2026 at %j', (text, firings) => {
    expect(firingsIn2026(text)).toEqual(firings);
  });

  test('with a day of the month and one of the week fires on both', () => {
    const both = firingsIn2026('0 0 13 * fri');
    expect(both).toEqual([...new Set([...firingsIn2026('0 0 13 * *'), ...firingsIn2026('0 0 * * fri')])].sort());
    expect(both).toHaveLength(52 + 12 - 3); // three Fridays of 2026 are a 13th
  });

  test('whose day of the month or of the week begins with a star fires only when both are right', () => {
    const fridays = new Set(firingsIn2026('0 0 * * fri'));
    const odd = firingsIn2026('0 0 1-31/2 * *');
    const oddFridays = odd.filter((day) => fridays.has(day));
    expect(firingsIn2026('0 0 */2 * fri')).toEqual(oddFridays);
    const thirteenths = firingsIn2026('0 0 13 * *');
    const evenDays = new Set(firingsIn2026('0 0 * * 0,2,4,6'));
    expect(firingsIn2026('0 0 13 * */2')).toEqual(thirteenths.filter((day) => evenDays.has(day)));
  });
});
