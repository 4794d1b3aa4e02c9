import { afterEach, expect, test } from 'vitest';
import { momentText } from '../../src/text/moment.js';
import { sameState } from '../../src/warnings/same-state.js';

const ZONE = process.env['TZ'];
afterEach(() => {
  if (ZONE === undefined) delete process.env['TZ'];
  else process.env['TZ'] = ZONE;
});

const CASES = [
  ['UTC', '2026-11-26T13:02:59Z', '2026-11-26 13:02 UTC'],
  ['Europe/Berlin', '2026-11-26T13:02:59Z', '2026-11-26 14:02 CET'],
  ['Europe/Berlin', '2026-07-26T13:02:59Z', '2026-07-26 15:02 CEST'],
  ['America/New_York', '2026-11-26T03:02:00Z', '2026-11-25 22:02 EST'],
  ['Asia/Kathmandu', '2026-11-26T13:02:59Z', '2026-11-26 18:47 GMT+5:45'],
] as const;

test.each(CASES)('a time in %s is local, with its zone', (zone, time, shown) => {
  process.env['TZ'] = zone;
  expect(momentText(time)).toBe(shown);
  expect(momentText(new Date(time))).toBe(shown);
});

test.each(CASES)('a warning of another time in %s is the same state', (zone, time) => {
  process.env['TZ'] = zone;
  const [one, other] = [time, '2026-02-01T00:00:00Z'].map((moment) =>
    sameState(`its run of ${momentText(moment)} died`),
  );
  expect(one).toBe('its run of <time> died');
  expect(other).toBe(one);
});

test('what is no time is shown as it is, without steering a terminal', () => {
  expect(momentText('yesterday\u001b[31m')).not.toContain('\u001b');
});
