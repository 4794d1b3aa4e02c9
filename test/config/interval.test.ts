import { describe, expect, it } from 'vitest';
import { parseCronExpression, shortestIntervalMs } from '../../src/config/cron-expression.js';
import { parseDuration } from '../../src/config/duration.js';
import { scheduleOf } from '../../src/config/interval.js';
import { PROPOSED_INTERVAL, PROPOSED_SCHEDULE } from '../../src/config/template.js';

it('what is proposed is what it says', () => {
  expect(scheduleOf(PROPOSED_INTERVAL)).toEqual({ schedule: PROPOSED_SCHEDULE });
});

describe('the schedule of an interval has that interval', () => {
  it.each(['1', '5', '15 min', '30 min', '60 min', '1 h', '2 h', '12 h', '24 h', '1 d'])('%s', (text) => {
    const found = scheduleOf(text);
    const expression = parseCronExpression('schedule' in found ? found.schedule : found.problem);
    if ('problem' in expression) throw new Error(expression.problem);
    expect(shortestIntervalMs(expression)).toBe(parseDuration(/^\d+$/.test(text) ? `${text} min` : text));
  });
});

it.each(['17 4 * * 1', '@daily'])('the schedule %s stays', (schedule) => {
  expect(scheduleOf(` ${schedule} `)).toEqual({ schedule });
});

it.each([
  ['7', 'cron divides an hour evenly only: 10 min, for example'],
  ['40 min', 'cron divides an hour evenly only: 60 min, for example'],
  ['90 min', 'cron divides a day evenly only: 2 h, for example'],
  ['5 h', 'cron divides a day evenly only: 6 h, for example'],
  ['3 d', 'cron divides a day evenly only: 24 h, for example'],
  ['90 s', 'cron counts in whole minutes'],
  ['0', /^expected a number of minutes/],
  ['now and then', /^expected a number of minutes/],
  ['61 * * * *', /^this is no schedule: found "61" as the minute/],
  ['@never', /^this is no schedule: found "@never"/],
])('%s is no interval of cron', (text, problem) => {
  const found = scheduleOf(text);
  expect('problem' in found ? found.problem : found).toEqual(
    typeof problem === 'string' ? problem : expect.stringMatching(problem),
  );
});
