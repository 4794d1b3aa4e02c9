import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCronExpression } from '../../src/config/cron-expression.js';
import { dueAfter, lastDue } from '../../src/scheduler/cron-clock.js';
import { localMinuteOf } from '../../src/scheduler/local-time.js';
import { nextFiring } from '../../src/scheduler/next-firing.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

function next(schedule: string, now: string, timeZone = 'UTC', offsetMs = 0): string | undefined {
  const ms = nextFiring({ schedule, offsetMs }, Date.parse(now), timeZone);
  return ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 19);
}

/** What a scheduler does that goes through every minute. */
function simulated(schedule: string, nowMs: number, timeZone: string, days: number): number | undefined {
  const expression = parseCronExpression(schedule);
  if ('problem' in expression) throw new Error(expression.problem);
  const fromMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  let done: number | undefined;
  for (let ms = fromMs - DAY_MS; ms <= fromMs + days * DAY_MS; ms += MINUTE_MS) {
    const due = dueAfter(done, localMinuteOf(ms, timeZone));
    done = due.done;
    if (ms > fromMs && lastDue(expression, due) !== undefined) return ms;
  }
  return undefined;
}

describe('the next firing of a schedule', () => {
  test.each([
    ['*/10 * * * *', '2026-11-28T11:07:30Z', '2026-11-28T11:10:00'],
    ['*/10 * * * *', '2026-11-28T11:10:00Z', '2026-11-28T11:20:00'],
    ['0 2 * * *', '2026-11-28T11:07:30Z', '2026-11-29T02:00:00'],
    ['@weekly', '2026-11-28T11:07:30Z', '2026-11-29T00:00:00'],
    ['0 0 29 2 *', '2026-11-28T11:07:30Z', '2028-02-29T00:00:00'],
    ['* * 29 2 *', '2026-11-28T11:07:30Z', '2028-02-29T00:00:00'],
    ['0 0 29 2 *', '2096-11-28T11:07:30Z', '2104-02-29T00:00:00'],
    ['59 23 31 12 7', '2026-12-06T23:59:00Z', '2026-12-13T23:59:00'],
    ['15 4 13 * 5', '2026-11-28T00:00:00Z', '2026-12-04T04:15:00'],
  ])('%s after %s is %s', (schedule, now, expected) => {
    expect(next(schedule, now)).toBe(expected);
  });

  test('comes later by the offset, which may belong to a firing that was', () => {
    expect(next('*/10 * * * *', '2026-11-28T11:11:00Z', 'UTC', 90_000)).toBe('2026-11-28T11:11:30');
    expect(next('*/10 * * * *', '2026-11-28T11:11:30Z', 'UTC', 90_000)).toBe('2026-11-28T11:21:30');
    expect(nextFiring({ schedule: undefined, offsetMs: 0 }, 0, undefined)).toBeUndefined();
  });

  test('is made up for where the clock is put on, and not repeated where it is put back', () => {
    expect(next('30 2 * * *', '2026-03-28T12:00:00Z', 'Europe/Berlin')).toBe('2026-03-29T01:00:00');
    expect(next('*/20 2 * * *', '2026-03-28T12:00:00Z', 'Europe/Berlin')).toBe('2026-03-30T00:00:00');
    expect(next('30 2 * * *', '2026-10-25T00:40:00Z', 'Europe/Berlin')).toBe('2026-10-26T01:30:00');
    expect(next('*/20 2 * * *', '2026-10-25T00:45:00Z', 'Europe/Berlin')).toBe('2026-10-25T01:00:00');
    expect(next('0 0 * * *', '2026-09-05T12:00:00Z', 'America/Santiago')).toBe('2026-09-06T04:00:00');
  });

  test('is when a scheduler that goes through every minute runs it', () => {
    const minute = fc.constantFrom('0', '30', '*/7', '*', '59', '5-50/15', '1,2');
    const hour = fc.constantFrom('*', '0', '2', '3', '1-3', '*/3', '23');
    const days = fc.constantFrom('* * *', '* * 0', '1-7 * *', '6 9 *', '25 10,3 0', '*/2 * 1-5');
    const schedule = fc.tuple(minute, hour, days).map((fields) => fields.join(' '));
    const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/Santiago', 'Australia/Lord_Howe', 'Asia/Kathmandu');
    // Around the days on which these zones change.
    const day = fc.constantFrom('2026-03-28', '2026-10-24', '2026-04-04', '2026-09-05', '2026-10-03', '2026-07-01');
    fc.assert(
      fc.property(schedule, zone, day, fc.integer({ min: 0, max: 3 * 24 * 60 }), (line, timeZone, date, minutes) => {
        const nowMs = Date.parse(`${date}T00:00:00Z`) + minutes * MINUTE_MS;
        const expected = simulated(line, nowMs, timeZone, 5);
        const found = nextFiring({ schedule: line, offsetMs: 0 }, nowMs, timeZone);
        if (expected === undefined) expect(found).toBeGreaterThan(nowMs + 5 * DAY_MS);
        else expect(new Date(found ?? 0).toISOString()).toBe(new Date(expected).toISOString());
      }),
      { numRuns: 150 },
    );
  });
});
