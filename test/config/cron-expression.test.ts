import { describe, expect, test } from 'vitest';
import { type CronExpression, parseCronExpression, shortestIntervalMs } from '../../src/config/cron-expression.js';

const parsed = (text: string): CronExpression => {
  const result = parseCronExpression(text);
  if ('problem' in result) throw new Error(result.problem);
  return result;
};

describe('the five fields of a crontab', () => {
  test('may be numbers, ranges, lists, steps and names', () => {
    expect(parsed('*/20 1-3,22 1,15 jan-Mar,12 MON-fri')).toEqual({
      minutes: [0, 20, 40],
      hours: [1, 2, 3, 22],
      daysOfMonth: [1, 15],
      months: [1, 2, 3, 12],
      daysOfWeek: [1, 2, 3, 4, 5],
      days: 'either',
      wildcard: true,
    });
    expect(parsed('5-59/10 * * * 0,7').minutes).toEqual([5, 15, 25, 35, 45, 55]);
    expect(parsed('5-59/10 * * * 0,7')).toMatchObject({ daysOfWeek: [0], days: 'both', wildcard: true });
    expect(parsed('0 4 */2 * fri')).toMatchObject({ days: 'both', wildcard: false });
  });

  test.each([
    ['* * * *', 'found 4 fields, expected five'],
    ['60 * * * *', 'found "60" as the minute, expected *, 0 to 59'],
    ['* * 0 * *', 'found "0" as the day of the month, expected *, 1 to 31'],
    ['* * * mai *', 'found "mai" as the month, expected *, 1 to 12 or jan to dec'],
    ['*/0 * * * *', 'found "*/0" as the minute'],
    ['5/10 * * * *', 'found "5/10" as the minute'],
    ['9-5 * * * *', 'found "9-5" as the minute'],
    ['@reboot', 'found "@reboot", expected five fields or one of @yearly, @annually, @monthly'],
    ['@Daily', 'found "@Daily", expected five fields or one of'],
    ['0 0 30 2 *', 'found "0 0 30 2 *", which never occurs: no such month has that day'],
    ['0 0 31 4,6,sep,11 *', 'never occurs'],
    ['0 0 31 feb */2', 'never occurs'],
    ['1,,2 * * * *', 'found "" as the minute'],
  ])('cannot be %s', (text, problem) => {
    expect(parseCronExpression(text)).toEqual({ problem: expect.stringContaining(problem) });
  });

  test.each([
    ['@yearly', '0 0 1 1 *'],
    ['@annually', '0 0 1 1 *'],
    ['@monthly', '0 0 1 * *'],
    ['@weekly', '0 0 * * 0'],
    ['@daily', '0 0 * * *'],
    [' @midnight', '0 0 * * *'],
    ['@hourly', '0 * * * *'],
  ])('may be called %s, as cron does', (name, fields) => {
    expect(parsed(name)).toEqual(parsed(fields));
  });

  test.each(['0 0 29 2 *', '0 0 31 4,5 *', '0 0 31 2 mon', '0 0 */31 2 *'])('come some day, as %s', (text) => {
    expect(parsed(text)).toBeDefined();
  });

  test.each([
    ['*/10 * * * *', 10],
    ['0,50 * * * *', 10],
    ['30 21 * * *', 24 * 60],
    ['0 8,20 * * *', 12 * 60],
    ['0 1,23 * * 1', 2 * 60],
  ])('fire, in %s, no sooner than after %d minutes', (text, minutes) => {
    expect(shortestIntervalMs(parsed(text))).toBe(minutes * 60_000);
  });
});
