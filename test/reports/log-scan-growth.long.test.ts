import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseExpression } from '../../src/reports/log-scan/cmake-expression.js';
import { CTEST_EXPRESSIONS, type LineKind } from '../../src/reports/log-scan/ctest-expressions.js';
import { LineJudge, lineJudge, type OwnExpressions } from '../../src/reports/log-scan/line-judge.js';
import { needlesOf } from '../../src/reports/log-scan/needles.js';
import { placeIn } from '../../src/reports/log-scan/place.js';
import { RuleMatcher } from '../../src/reports/log-scan/rule.js';
import { type LogScan, type ScanOptions, scanLog } from '../../src/reports/log-scan/scan.js';
import { Random } from '../support/random.js';
import { temporaryDirectory } from '../updates/repository.js';

/*
 * What the scan of a log costs, in steps that are the same from run to run. An expression that looks at its line again
 * from each of its bytes, as backtracking does, shows at the second doubling.
 */

/** What expressions of logs look for again and again; each is repeated to the length of a line. */
const UNITS = [
  ...[
    ' ',
    '\t',
    ':',
    '0',
    'a',
    '/',
    '\\',
    '.',
    '-',
    '(',
    ')',
    '[',
    ']',
    '"',
    "'",
    ',',
    '*',
    '=',
    '\x1b',
    '\x1b[1',
    'ж',
    '\xe9',
  ],
  ...[': ', ' : ', '1:', ':1: ', 'a/', '../', '(a)', '([', '" ', '", line 1', '()', '[1]: ***', 'lcc: "', '\x1b[1m'],
  ...['error', ': error', 'File = ', 'Line = 1', 'make[1', 'cc', 'ld', 'Makefile:1', '/usr/', 'C', 'CC: ', 'file: '],
].map((unit) => Buffer.from(unit, 'utf8').toString('latin1'));

/** Beginnings that lead into the middle of an expression. */
const LEADS = ['', 'x: ', '"a", line 1', 'cc', 'lcc: "', 'CMake Error', '/usr/', 'make[', 'Warning W1 '];

const EVERY = Object.entries(CTEST_EXPRESSIONS).flatMap(([kind, texts]) =>
  texts.map((text): [LineKind, string] => [kind as LineKind, text]),
);

/** Texts that an expression goes a long way with: its own pieces, each of them repeated. */
function piecesOf(text: string): string[] {
  const needles = needlesOf(parseExpression(text)) ?? [];
  return needles.map((needle) => String.fromCharCode(...needle.map((set) => set.indexOf(1))));
}

/** A line of a length. */
const line = (lead: string, unit: string, length: number): Buffer =>
  Buffer.from(lead + unit.repeat(Math.ceil(length / unit.length)).slice(0, length), 'latin1');

/** What a matcher does for a line, to its end. */
function workFor(matcher: RuleMatcher, bytes: Buffer): number {
  const before = matcher.work;
  let answer = matcher.begin(bytes, 0, bytes.length);
  while (answer === undefined) answer = matcher.goOn(bytes);
  return matcher.work - before;
}

test.each(EVERY)('an expression of CTest for %s is linear: %s', (kind, text) => {
  const units = [...UNITS, ...piecesOf(text)];
  const matcher = new RuleMatcher({ kind, text, expression: parseExpression(text), isOwn: false });
  for (const unit of units) {
    for (const lead of LEADS) {
      const [short = 0, middle = 0, long = 0] = [2_000, 4_000, 32_000].map((length) =>
        workFor(matcher, line(lead, unit, length)),
      );
      // All states are there after the first one: only bytes are left to look at.
      expect({ unit, lead, isLinear: middle <= 2.5 * short + 10_000 && long <= 8.2 * middle + 100 }).toEqual({
        unit,
        lead,
        isLinear: true,
      });
      expect(long).toBeLessThan(2 * (32_000 + lead.length));
    }
  }
});

const scan = async (text: string | Buffer, options?: ScanOptions): Promise<LogScan> => {
  const file = join(temporaryDirectory(), 'log');
  writeFileSync(file, text);
  const found = await scanLog(file, options);
  if (found === undefined) throw new Error('it was not aborted');
  return found;
};

const own = (expressions: Partial<OwnExpressions>) =>
  lineJudge({ error: [], notError: [], warning: [], notWarning: [], ...expressions });

/** Text that an expression with many states has new ones for at each byte. */
function random(letters: string, length: number): string {
  const dice = new Random(29);
  return Array.from({ length }, () => dice.pick([...letters])).join('');
}

describe('a scan', () => {
  test.each(UNITS)('of lines of %j grows with their length', async (unit) => {
    const judge = own({}); // one of its own, which has seen nothing
    const logOf = (length: number): Buffer =>
      Buffer.concat(LEADS.map((lead) => Buffer.concat([line(lead, unit, length), Buffer.from('\n')])));
    const works = [];
    for (const length of [1000, 4000, 16_000, 64_000]) works.push((await scan(logOf(length), { judge })).work);
    const [, second = 0, third = 0, fourth = 0] = works;
    // The first one makes the states. A line that is longer than a moment takes is begun twice.
    const begun = EVERY.length * 16 * 1024;
    expect(third).toBeLessThan(4.2 * second + 20_000);
    expect(fourth).toBeLessThan(4.2 * third + begun);
    expect(fourth).toBeLessThan(16 * 64_000 * LEADS.length);
  });

  test('of lines with the needles of all expressions looks at each line a bounded number of times', async () => {
    const dice = new Random(3);
    const pieces = EVERY.flatMap(([, text]) => piecesOf(text));
    const logOf = (lines: number): string =>
      Array.from({ length: lines }, () => Array.from({ length: 30 }, () => dice.pick(pieces)).join(' ')).join('\n');
    const judge = own({});
    const limits = { errors: 1e9, warnings: 1e9, before: 10, after: 10 };
    await scan(logOf(2000), { judge, limits });
    const log = logOf(4000);
    expect((await scan(log, { judge, limits })).work).toBeLessThan(EVERY.length * log.length);
  });

  const WORD = 'a[ab][ab][ab][ab][ab][ab][ab][ab][ab][ab][ab][ab][ab][ab][ab][ab][ab][ab][ab]x';

  test.each<[string, string, string]>([
    ['more states than there is memory for', WORD, `${random('ab', 400_000)}\n`],
    [
      'the same in many short lines',
      WORD,
      `${random('ab', 99)}\n${random('aabb', 300_000).replaceAll(/.{99}/g, '$&\n')}`,
    ],
    ['places in the thousands', `${'.'.repeat(9000)}x`, `${'y'.repeat(300_000)}\n`],
  ])('leaves out an expression of the project with %s, says so, and goes on', async (_what, text, long) => {
    const log = `a.c:1:2: error: one\n${long}zz top\na.c:3:2: error: two\n`;
    const judge = own({ warning: [text, 'zz top'] });
    const { leftOut, errors, warnings, work, lines } = await scan(log, { judge });
    expect(leftOut).toEqual([{ kind: 'warning', text, logLine: expect.any(Number) }]);
    expect(leftOut[0]?.logLine).toBeGreaterThan(1);
    expect(leftOut[0]?.logLine).toBeLessThan(lines - 1);
    expect({ errors, warnings }).toEqual({ errors: 2, warnings: 1 });
    expect(work).toBeLessThan(12_000_000);
  });

  test.each<[string, string]>([
    ['of the greatest length that CMake takes', 'x'.repeat(60_000)],
    ['of thousands of parts that may be missing', `${'a?'.repeat(4600)}x`],
    ['with groups in groups', `${'('.repeat(30)}a+${')+'.repeat(30)}x`],
  ])('keeps an expression of the project %s that a log does not make costly', async (_what, text) => {
    const log = `${'cc -c a.c\n'.repeat(3000)}a.c:1:2: error: one\nxxx ${'a'.repeat(200)}\n`;
    const { leftOut, errors } = await scan(log, { judge: own({ notError: [text] }) });
    expect({ leftOut, errors }).toEqual({ leftOut: [], errors: 1 });
  });

  test('lets signals and timers have their turn, and ends when it is aborted', async () => {
    const file = join(temporaryDirectory(), 'log');
    writeFileSync(file, `${random('ab', 900_000)}\n`.repeat(8));
    const judge = own({ warning: Array.from({ length: 400 }, (_, n) => WORD.replace('x', `[c-z]${n}?`)) });
    const stop = new AbortController();
    const beganMs = performance.now();
    let turns = 0;
    const timer = setInterval(() => {
      if (++turns === 20) stop.abort();
    }, 1);
    try {
      expect(await scanLog(file, { judge, signal: stop.signal })).toBeUndefined();
    } finally {
      clearInterval(timer);
    }
    expect(turns).toBeGreaterThanOrEqual(20);
    expect(performance.now() - beganMs).toBeLessThan(20_000);
  });
});

/** CPU time of one call, in milliseconds: the least of some. */
function cpuMs(act: () => void, times = 5): number {
  const once = (): number => {
    const before = process.cpuUsage();
    act();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  return Math.min(...Array.from({ length: times }, once));
}

test.each([...UNITS, 'Warning W1 ', '1 ', 'File = a', '", line ', 'a(1', '1>', 'lcc: "a", line '])(
  'a place is looked for in a line of %j in time that grows with its length',
  (unit) => {
    const trees = { source: `/src${'/.../'.repeat(3)}`, build: '/build/of/some/longer/path' };
    const times = (length: number): number =>
      cpuMs(() => {
        for (const lead of ['', ...LEADS, '"', 'File = ', '1>'])
          placeIn(line(lead, unit, length).toString('latin1'), trees);
      });
    // A quadratic one takes 64 times as long, and seconds of it. Beside other work it may be the machine.
    let isLinear = false;
    for (let attempt = 0; attempt < 3 && !isLinear; attempt++) isLinear = times(160_000) <= 20 * times(20_000) + 200;
    expect(isLinear).toBe(true);
  },
);

test('a judge of some thousand expressions is made in linear time', () => {
  const rulesOf = (count: number) =>
    Array.from({ length: count }, (_, n) => ({
      kind: 'warning' as const,
      text: `${n}`,
      expression: parseExpression(`[a-z]*_${n} .*(warning|error) in (a|b)?${'x?'.repeat(20)}`),
      isOwn: true,
    }));
  const times = (count: number): number => cpuMs(() => new LineJudge(rulesOf(count), []), 2);
  let isLinear = false;
  for (let attempt = 0; attempt < 3 && !isLinear; attempt++) isLinear = times(800) <= 10 * times(200) + 50;
  expect(isLinear).toBe(true);
});
