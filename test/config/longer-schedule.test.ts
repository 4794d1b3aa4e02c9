import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCronExpression, shortestIntervalMs } from '../../src/config/cron-expression.js';
import { longerSchedule } from '../../src/config/longer-schedule.js';

const MINUTE = 60_000;

test.each([
  ['*/5 * * * *', 13, '*/15 * * * *'],
  ['*/5 * * * *', 5.1, '*/6 * * * *'],
  ['* * * * *', 3.2, '*/4 * * * *'],
  ['*/10 * * * *', 31, '0 * * * *'],
  ['*/10 * * * *', 61, '0 */2 * * *'],
  ['2-59/5 * * * *', 14, '2-59/15 * * * *'],
  ['7-59/10 8-18 * * 1-5', 25, '7-59/30 8-18 * * 1-5'],
  ['*/10 8-18 * * 1-5', 90, '0 8-18/2 * * 1-5'],
  ['*/10 * * * *', 13 * 60, '0 0 * * *'],
  ['@hourly', 100, '0 */2 * * *'],
  ['0,1 * * * *', 10, '*/10 * * * *'],
  ['0,1,2 * * 1-6 mon', 10, '*/10 * * 1-6 mon'],
])('%s with at least %s min between its firings becomes %s', (schedule, minutes, expected) => {
  expect(longerSchedule(schedule, minutes * MINUTE)).toBe(expected);
});

test.each([
  ['*/5 * * * *', 5],
  ['@daily', 60],
  ['*/10 9,12,15 * * *', 90],
  ['*/10 * * * *', 25 * 60],
  ['nonsense', 1],
])('%s has none for %s min', (schedule, minutes) => {
  expect(longerSchedule(schedule, minutes * MINUTE)).toBeUndefined();
});

test('what is proposed is a schedule of cron, long enough, on the same days', () => {
  const step = fc.integer({ min: 1, max: 30 });
  const from = fc.integer({ min: 0, max: 29 });
  const hours = fc.constantFrom('*', '8-18', '0-6', '3', '*/3', '6-22/4');
  const schedules = fc
    .tuple(from, step, hours, fc.constantFrom('* * *', '* * 1-5', '1 * *', '* jan-jun sun'))
    .map(([first, every, hour, days]) => `${first}-59/${every} ${hour} ${days}`);
  fc.assert(
    fc.property(schedules, fc.integer({ min: 1, max: 20 * 60 }), (schedule, minutes) => {
      const proposed = longerSchedule(schedule, minutes * MINUTE);
      if (proposed === undefined) return;
      const [before, after] = [parseCronExpression(schedule), parseCronExpression(proposed)];
      if ('problem' in before || 'problem' in after) throw new Error(proposed);
      expect(shortestIntervalMs(after)).toBeGreaterThanOrEqual(minutes * MINUTE);
      expect(shortestIntervalMs(before)).toBeLessThan(minutes * MINUTE);
      expect([after.daysOfMonth, after.months, after.daysOfWeek]).toEqual([
        before.daysOfMonth,
        before.months,
        before.daysOfWeek,
      ]);
      for (const hour of after.hours) expect([0, ...before.hours]).toContain(hour);
    }),
  );
});
