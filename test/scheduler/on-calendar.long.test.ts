import { spawnSync } from 'node:child_process';
import { createTask } from 'node-cron';
import { describe, expect, test } from 'vitest';
import { parseCronExpression } from '../../src/config/cron-expression.js';
import { onCalendar } from '../../src/scheduler/on-calendar.js';

function calendarOf(text: string, second = 0, timeZone?: string): string[] {
  const expression = parseCronExpression(text);
  if ('problem' in expression) throw new Error(expression.problem);
  return onCalendar(expression, second, timeZone);
}

const noSystemd = spawnSync('systemd-analyze', ['--version']).status === 0 ? undefined : 'systemd-analyze is missing';

/** When a timer would fire, by systemd itself. */
function firings(expressions: readonly string[], count: number): string[] {
  const { stdout, stderr, status } = spawnSync(
    'systemd-analyze',
    ['calendar', `--iterations=${count}`, '--base-time=2026-11-24 00:00:00 UTC', ...expressions],
    { encoding: 'utf8', env: { ...process.env, TZ: 'UTC', SYSTEMD_COLORS: '0' } },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const times = [...stdout.matchAll(/(?:Next elapse|Iteration #\d+|Iter\. #\d+): \w{3} (\S+) (\S+) UTC/g)];
  return [...new Set(times.map(([, day, time]) => `${day}T${time}.000Z`))].sort().slice(0, count);
}

describe('a schedule as OnCalendar=', () => {
  test.each([
    ['* * * * *', ['*-*-* *:*:00']],
    ['*/10 * * * *', ['*-*-* *:00/10:00']],
    ['5,50 3 * * *', ['*-*-* 03:05,50:00']],
    ['0 0 1 1 *', ['*-01-01 00:00:00']],
    ['0 22 * * 1-5', ['Mon,Tue,Wed,Thu,Fri *-*-* 22:00:00']],
    // One of the two is enough.
    ['0 4 13 * fri', ['*-*-13 04:00:00', 'Fri *-*-* 04:00:00']],
    // Not when one begins with a star.
    ['0 4 */2 * fri', ['Fri *-*-01/2 04:00:00']],
    // Up to 30, not to the end.
    ['0-30/10 * * * *', ['*-*-* *:00,10,20,30:00']],
  ])('%s is %j', (text, expected) => {
    expect(calendarOf(text)).toEqual(expected);
  });

  test('with a second and a time zone', () => {
    expect(calendarOf('0 4 * * *', 20, 'Europe/Berlin')).toEqual(['*-*-* 04:00:20 Europe/Berlin']);
  });

  const expressions = [
    '* * * * *',
    '*/7 * * * *',
    '5,50 3,4 * * *',
    '0 22 * * 1-5',
    '30 1 1 */2 *',
    '0-40/20 8-18 * * sat,sun',
  ];
  test.skipIf(noSystemd !== undefined).each(expressions)('%s fires by systemd when it fires by node-cron', (text) => {
    const from = Date.parse('2026-11-24T00:00:00Z');
    const task = createTask(text, () => undefined, { timezone: 'UTC' });
    const expected: string[] = [];
    for (let ms = from + 60_000; expected.length < 8; ms += 60_000) {
      if (task.match(new Date(ms))) expected.push(new Date(ms).toISOString());
    }
    expect(
      firings(calendarOf(text), 9)
        .filter((time) => Date.parse(time) > from)
        .slice(0, 8),
    ).toEqual(expected);
  });

  test.skipIf(noSystemd !== undefined)('where one of two days is enough, by systemd as by crontab(5)', () => {
    expect(firings(calendarOf('0 4 27 * mon'), 4)).toEqual([
      '2026-11-27T04:00:00.000Z',
      '2026-11-30T04:00:00.000Z',
      '2026-12-07T04:00:00.000Z',
      '2026-12-14T04:00:00.000Z',
    ]);
  });
});
