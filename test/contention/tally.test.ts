import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Distribution } from '../../src/contention/distribution.js';
import { hostOf, parseEntry } from '../../src/contention/entry.js';
import { describeContention } from '../../src/contention/report.js';
import { Tally } from '../../src/contention/tally.js';
import { linesOf } from '../../src/files/lines.js';
import { momentText } from '../../src/text/moment.js';

const ENTRY = {
  at: '2026-11-23T10:00:00.000Z',
  target: '/obj/main.o',
  strategy: 'flock',
  owner: 'b:7',
  by: 'a:1',
  waitedMs: 120,
  heldMs: 40,
};
const line = (change: object = {}): string => JSON.stringify({ ...ENTRY, ...change });

describe('an entry', () => {
  test('is read', () => {
    expect(parseEntry(line())).toEqual({
      atMs: Date.parse(ENTRY.at),
      target: '/obj/main.o',
      strategy: 'flock',
      owner: 'b:7',
      by: 'a:1',
      waitedMs: 120,
      heldMs: 40,
    });
    expect(parseEntry(line({ owner: null, more: 1 }))).toMatchObject({ owner: null });
  });

  test.each([
    ['torn at its end', line().slice(0, -5)],
    ['torn at its beginning', line().slice(9)],
    ['two in one line', line() + line()],
    ['text', 'make: entering directory'],
    ['a list', '[1]'],
    ['null', 'null'],
    ['a negative wait', line({ waitedMs: -1 })],
    ['a wait that is text', line({ waitedMs: '120' })],
    ['a wait of a hundred years', line({ waitedMs: 100 * 366 * 86_400_000 })],
    ['no time', line({ at: 'yesterday' })],
    ['no target', line({ target: undefined })],
    ['no owner field', line({ owner: undefined })],
    ['an owner that is a number', line({ owner: 7 })],
  ])('is none: %s', (_, text) => {
    expect(parseEntry(text)).toBeUndefined();
  });

  test('the host of a process, also in a container', () => {
    expect(hostOf('a:1')).toBe('a');
    expect(hostOf('a/pid-4026532000:1')).toBe('a/pid-4026532000');
  });
});

test('the median is exact to 5%', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 1e9 }), { minLength: 1, maxLength: 99 }), (values) => {
      const distribution = new Distribution();
      for (const value of values) distribution.add(value);
      const exact = values.sort((a, b) => a - b)[Math.ceil(values.length / 2) - 1] ?? 0;
      expect(Math.abs(distribution.median() - exact)).toBeLessThanOrEqual(exact * 0.05 + 0.5);
    }),
  );
  expect(new Distribution().median()).toBe(0);
});

describe('lines', () => {
  async function linesIn(...chunks: string[]): Promise<(string | undefined)[]> {
    async function* stream() {
      for (const chunk of chunks) yield Buffer.from(chunk);
    }
    const lines: (string | undefined)[] = [];
    for await (const line of linesOf(stream())) lines.push(line);
    return lines;
  }

  test('are the same however the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: fc.constantFrom('a', 'ü', '\n') }), fc.nat(20), async (text, at) => {
        const bytes = Buffer.from(text);
        async function* stream() {
          yield bytes.subarray(0, at);
          yield bytes.subarray(at);
        }
        const lines: (string | undefined)[] = [];
        for await (const line of linesOf(stream())) lines.push(line);
        const expected = text.split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(lines).toEqual(expected);
      }),
    );
  });

  test('one that is far too long is left out, and the next one is read', async () => {
    expect(await linesIn('a\n', 'x'.repeat(60_000), 'x'.repeat(60_000), 'x\nb\n')).toEqual(['a', undefined, 'b']);
    expect(await linesIn('\0'.repeat(100_000))).toEqual([undefined]);
  });
});

describe('the tally', () => {
  test('names the worst targets first, and who held most', () => {
    const tally = new Tally();
    tally.addLine(line({ target: '/a', waitedMs: 10 }));
    tally.addLine(line({ target: '/b', waitedMs: 100, owner: 'b:7', heldMs: 1 }));
    tally.addLine(line({ target: '/b', waitedMs: 300, owner: 'c:8', heldMs: 2, at: '2026-11-23T09:00:00Z' }));
    tally.addLine(line({ target: '/b', waitedMs: 150, owner: 'b:9', heldMs: 3, by: 'b:5' }));
    tally.addLine(line({ target: '/c', waitedMs: 20, owner: null }));
    const result = tally.result(2);
    expect(result).toMatchObject({
      waits: 5,
      waitedMs: 580,
      skippedLines: 0,
      fromMs: Date.parse('2026-11-23T09:00:00Z'),
      toMs: Date.parse(ENTRY.at),
      others: { waits: 1, waitedMs: 10 },
    });
    expect(result.targets).toEqual([
      { target: '/b', waits: 3, waitedMs: 550, longestMs: 300, medianHeldMs: 2, heldMostBy: 'c', atLeast: false },
      { target: '/c', waits: 1, waitedMs: 20, longestMs: 20, medianHeldMs: 41, heldMostBy: undefined, atLeast: false },
    ]);
    expect(result.hosts).toEqual([
      { host: 'a', waits: 4, waitedMs: 430, keptWaitingMs: 0 },
      { host: 'b', waits: 1, waitedMs: 150, keptWaitingMs: 260 },
      { host: 'c', waits: 0, waitedMs: 0, keptWaitingMs: 300 },
    ]);
  });

  test('counts lines that are no entries, but not empty ones', () => {
    const tally = new Tally();
    for (const text of ['', '  ', 'x', undefined, line().slice(3)]) tally.addLine(text);
    expect(tally.result(5)).toMatchObject({ waits: 0, skippedLines: 3, fromMs: undefined });
  });

  test('with more targets than it follows, the sums stay exact and the worst are found', () => {
    const tally = new Tally(100);
    for (let round = 0; round < 20; round++) {
      tally.addLine(line({ target: '/worst', waitedMs: 1000 }));
      for (let number = 0; number < 500; number++) tally.addLine(line({ target: `/${round}/${number}`, waitedMs: 1 }));
    }
    tally.addLine(line({ target: '/late', waitedMs: 5000 }));
    const { waits, waitedMs, targets, others } = tally.result(2);
    expect({ waits, waitedMs }).toEqual({ waits: 20 * 501 + 1, waitedMs: 20 * 1500 + 5000 });
    expect(targets).toMatchObject([
      { target: '/worst', waits: 20, waitedMs: 20_000, atLeast: false },
      { target: '/late', waits: 1, waitedMs: 5000, atLeast: true },
    ]);
    expect(others).toEqual({ waits: 20 * 500, waitedMs: 20 * 500 });
  });
});

describe('the report', () => {
  test('in whole', () => {
    const tally = new Tally();
    for (let number = 0; number < 1200; number++) {
      tally.addLine(line({ at: new Date(1_800_000_000_000 + number * 1000).toISOString(), waitedMs: 30_000 }));
    }
    tally.addLine(line({ target: '/obj/\u001b[2Jbad\n.o', owner: null, waitedMs: 90, heldMs: 0 }));
    tally.addLine(line({ target: '/obj/x.o', waitedMs: 5 }));
    tally.addLine('{');
    expect(describeContention(tally.result(2), 'waits.log')).toEqual([
      `waits.log: 1202 waits from ${momentText('2026-11-23T10:00:00Z')} to ${momentText('2027-01-15T08:19:59Z')}, 10 hours lost`,
      '1 line skipped: torn, or no entry of a lock log',
      '',
      'waited  waits  longest  median held  held most by  target',
      '  10 h   1200     30 s        41 ms  b             /obj/main.o',
      ' 90 ms      1    90 ms          0 s  not recorded  /obj/\\x1b[2Jbad\\n.o',
      '  5 ms      1                                      (all other targets)',
      '',
      'waited  waits  kept others waiting  host',
      '  10 h   1202                  0 s  a',
      '   0 s      0                 10 h  b',
    ]);
  });

  test('of a log in which nothing is', () => {
    const tally = new Tally();
    expect(describeContention(tally.result(2), 'waits.log')).toEqual(['waits.log: no waits']);
    tally.addLine('x');
    expect(describeContention(tally.result(2), 'waits.log')).toEqual([
      'waits.log: no waits',
      '1 line skipped: torn, or no entry of a lock log',
    ]);
  });
});

describe('what was made once', () => {
  test('is summed up, and one who did not wait for it is no wait', () => {
    const tally = new Tally();
    for (let index = 0; index < 412; index++) tally.addLine(line({ savedMs: 11_000, waitedMs: index === 0 ? 0 : 5 }));
    tally.addLine(line());
    const contention = tally.result(5);
    expect(contention).toMatchObject({ waits: 412, madeOnce: { objects: 412, savedMs: 4_532_000 } });
    expect(describeContention(contention, 'log')).toContain('made once: 412 objects, 1.3 h saved');
  });
});
