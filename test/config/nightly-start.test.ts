import { describe, expect, test } from 'vitest';
import {
  explainUnreadable,
  lastNightlyStart,
  nightlyStartOf,
  nightlyStartOfCTest,
} from '../../src/config/nightly-start.js';

/** Hours and minutes UTC of the start; undefined where it cannot be read. */
function utc(text: string): string | undefined {
  const start = nightlyStartOfCTest(text);
  return start.kind === 'fixed' ? new Date(start.ofDayMs).toISOString().slice(11, 19) : undefined;
}

describe('CTest reads', () => {
  // What `ctest -D NightlyStart` of CMake 3.25 wrote; test/system/ctest.test.ts asks it for some of them each time.
  test.each([
    ['00:00 GMT UT UTC WET Z', '00:00:00'],
    ['01:00 WAT A', '01:00:00'],
    ['02:00 B', '02:00:00'],
    ['03:00 ADT C', '03:00:00'],
    ['04:00 AST EDT D', '04:00:00'],
    ['05:00 EST CDT E', '05:00:00'],
    ['06:00 CST MDT F', '06:00:00'],
    ['07:00 MST PDT G', '07:00:00'],
    ['08:00 PST YDT H', '08:00:00'],
    ['09:00 YST HDT I', '09:00:00'],
    ['10:00 HST CAT AHST K', '10:00:00'],
    ['11:00 NT L', '11:00:00'],
    ['12:00 IDLW M', '12:00:00'],
    ['23:00 BST CET MET MEWT FWT N', '23:00:00'],
    ['22:00 MEST CEST MESZ FST EET O', '22:00:00'],
    ['21:00 P', '21:00:00'],
    ['20:00 Q', '20:00:00'],
    ['19:00 R', '19:00:00'],
    ['18:00 S', '18:00:00'],
    ['17:00 WAST T', '17:00:00'],
    ['16:00 WADT CCT U', '16:00:00'],
    ['15:00 JST V', '15:00:00'],
    ['14:00 EAST GST W', '14:00:00'],
    ['13:00 EADT X', '13:00:00'],
    ['12:00 NZT NZST IDLE Y', '12:00:00'],
    ['11:00 NZDT', '11:00:00'],
  ])('%s', (line, expected) => {
    for (const zone of line.split(' ').slice(1)) expect([zone, utc(`00:00:00 ${zone}`)]).toEqual([zone, expected]);
  });

  test.each([
    ['01:00 UTC', '01:00:00'],
    ['1:2:3 UTC', '01:02:03'],
    ['01:00:00', '01:00:00'],
    ['EST', '05:00:00'],
    ['01:00:00EST', '06:00:00'],
    ['01:00:00  est', '06:00:00'],
    ['"01:00:00 EST"', '06:00:00'],
    ['EST, 01:00:00', '06:00:00'],
    ['01:00:00 Mon (EST) -', '06:00:00'],
    ['é 01:00: UTC', '01:00:00'],
    ['+0200 01:00:00', '23:00:00'],
    ['01:00:00+0200', '23:00:00'],
    ['01:00:00 -0530', '06:30:00'],
    ['01:00:00 +1400', '11:00:00'],
    ['23:59:60 UTC', '00:00:00'],
  ])('%s', (text, expected) => {
    expect(utc(text)).toBe(expected);
  });

  test.each([
    ...['', 'garbage', '9 pm', '01:00:00 PM', '25:00 UTC', '24:00:00 UTC', '23:60:00 UTC', '23:59:61 UTC', '0100 UTC'],
    ...['01:00:00 +02:00', '01:00:00 +2', '01:00:00 +200', '01:00:00 +1401', '01:00:00 + 0200', '01:00:00 UTC+2'],
    ...['01:00:00 MSK', '01:00:00 J', '01:00:00 EEST', '01:00:00 Jan', '01:00:00 UTC UTC', '01:00:00 Mon Tue'],
    ...['01:00:00.5 UTC', '01:000 UTC', '01:00:00 EST5EDT', '20200101 01:00:00', '01:00:00 Europe/Berlin'],
  ])('not %j', (text) => {
    expect(nightlyStartOfCTest(text)).toEqual({ kind: 'unreadable', text });
  });
});

describe('a night begins', () => {
  const last = (now: string, text: string): string => {
    const start = nightlyStartOf(text);
    if (start.kind === 'unreadable') throw new Error(text);
    return lastNightlyStart(new Date(now), start).toISOString().slice(0, 16);
  };

  test.each([
    // EDT is four hours behind in winter, too.
    ['2026-01-10T12:00:00Z', '00:00:00 EDT', '2026-01-10T04:00'],
    ['2026-01-10T03:59:59Z', '00:00:00 EDT', '2026-01-09T04:00'],
    ['2026-01-10T04:00:00Z', '00:00:00 EDT', '2026-01-10T04:00'],
    ['2026-07-10T12:00:00Z', '21:00 Europe/Berlin', '2026-07-09T19:00'],
    ['2026-01-10T12:00:00Z', '21:00 Europe/Berlin', '2026-01-09T20:00'],
    ['2026-07-09T18:59:59.999Z', '21:00 Europe/Berlin', '2026-07-08T19:00'],
    ['2026-07-09T19:00:00Z', '21:00 europe/berlin', '2026-07-09T19:00'],
    // The clocks skip 02:30 in spring, and show it twice in autumn.
    ['2026-03-29T12:00:00Z', '02:30 Europe/Berlin', '2026-03-29T01:30'],
    ['2026-03-29T01:00:00Z', '02:30 Europe/Berlin', '2026-03-28T01:30'],
    ['2026-10-25T12:00:00Z', '02:30 Europe/Berlin', '2026-10-25T00:30'],
    ['2026-10-25T00:29:59Z', '02:30 Europe/Berlin', '2026-10-24T00:30'],
    ['2026-10-25T01:29:59Z', '02:30 Europe/Berlin', '2026-10-25T00:30'],
    // Where it is another day than in Greenwich, and half an hour of summer time.
    ['2026-07-10T12:30:00Z', '23:00 Pacific/Auckland', '2026-07-10T11:00'],
    ['2026-07-10T12:30:00Z', '01:00 America/Los_Angeles', '2026-07-10T08:00'],
    ['2026-10-03T15:00:00Z', '02:15 Australia/Lord_Howe', '2026-10-02T15:45'],
    ['2026-10-03T16:00:00Z', '02:15 Australia/Lord_Howe', '2026-10-03T15:45'],
  ])('before %s with %s at %s', (now, text, expected) => {
    expect(last(now, text)).toBe(expected);
  });

  test('by the table of CTest where a name is of both', () => {
    expect(nightlyStartOf('01:00 CET')).toEqual({ kind: 'fixed', ofDayMs: 0 });
    expect(nightlyStartOf('01:00 Europe/Nowhere')).toMatchObject({ kind: 'unreadable' });
    expect(nightlyStartOf('25:00 Europe/Berlin')).toMatchObject({ kind: 'unreadable' });
  });
});

test.each([
  ['01:00:00 Europe/Berlin', '01:00:00 +0200'],
  ['21:30 America/St_Johns', '21:30:00 -0230'],
  ['1:00:00 UTC+2', '01:00:00 +0200'],
  ['01:00:00 -05:30', '01:00:00 -0530'],
  ['01:00:00 MSK', '01:00:00 +0000'],
  ['27:00:00', '01:00:00 +0000'],
  ['', '01:00:00 +0000'],
])('instead of %j the message says %s, which can be read', (text, expected) => {
  const [what, line] = explainUnreadable(text, new Date('2026-07-10T12:00:00Z'));
  expect(what).toContain(text);
  expect(line).toBe(`  set(CTEST_NIGHTLY_START_TIME "${expected}")`);
  expect(nightlyStartOfCTest(expected).kind).toBe('fixed');
});
