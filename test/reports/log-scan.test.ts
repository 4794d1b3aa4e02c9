import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ExpressionFault, parseExpression } from '../../src/reports/log-scan/cmake-expression.js';
import type { LineKind } from '../../src/reports/log-scan/ctest-expressions.js';
import { lineJudge } from '../../src/reports/log-scan/line-judge.js';
import { type Needle, needlesOf } from '../../src/reports/log-scan/needles.js';
import { placeIn } from '../../src/reports/log-scan/place.js';
import { RuleMatcher } from '../../src/reports/log-scan/rule.js';
import {
  CTEST_LIMITS,
  type LogScan,
  type ScanLimits,
  type ScanOptions,
  scanLog,
} from '../../src/reports/log-scan/scan.js';
import { Random } from '../support/random.js';
import { missing } from '../system/programs.js';
import { temporaryDirectory } from '../updates/repository.js';
import { COMPILER_LOGS, PIECES } from './compiler-logs.js';
import { LoggedBuild, type ReportedFinding } from './ctest-oracle.js';

const noCTest = missing('ctest');

async function scan(file: string, options?: ScanOptions): Promise<LogScan> {
  const found = await scanLog(file, options);
  if (found === undefined) throw new Error('it was not aborted');
  return found;
}

/** What we find, in the form of a `Build.xml`. */
async function byUs(
  { log, build, source, root }: LoggedBuild,
  own?: Partial<Record<LineKind, string[]>>,
  limits: Partial<ScanLimits> = {},
): Promise<ReportedFinding[]> {
  const judge = lineJudge({ error: [], notError: [], warning: [], notWarning: [], ...own });
  const { findings } = await scan(log, { judge, limits: { ...CTEST_LIMITS, ...limits } });
  const shorter = (text: string): string => (build.length > 20 ? text.replaceAll(`${root}/`, '/.../') : text);
  return findings.map(({ kind, logLine, text, before, after }) => {
    const place = placeIn(text, { build, source });
    const texts = { text: shorter(text), before: shorter(before), after: shorter(after) };
    return { kind, logLine, file: place?.file, line: place?.line, ...texts };
  });
}

/** CTest says where it stopped; that is of `Build.xml`. */
const withoutNotice = (findings: readonly ReportedFinding[]): ReportedFinding[] =>
  findings.map((finding) => ({
    ...finding,
    after: finding.after.replace(/\nThe maximum number of reported .*\n$/, ''),
  }));

const UNLIMITED = 1_000_000;
const EVERYTHING = `set(CTEST_CUSTOM_MAXIMUM_NUMBER_OF_ERRORS ${UNLIMITED})
set(CTEST_CUSTOM_MAXIMUM_NUMBER_OF_WARNINGS ${UNLIMITED})
`;
const ALL: Partial<ScanLimits> = { errors: UNLIMITED, warnings: UNLIMITED };

describe.skipIf(noCTest !== undefined)(`a build log${noCTest === undefined ? '' : ` (${noCTest})`}`, () => {
  test.each(Object.entries(COMPILER_LOGS))('of %s has the findings of CTest', async (_name, log) => {
    const build = new LoggedBuild();
    const here = log.replaceAll('/home/ci/src/', `${build.source}/`);
    const theirs = build.byCTest(here);
    expect(theirs.length).toBeGreaterThan(2);
    expect(await byUs(build)).toEqual(withoutNotice(theirs));
  });

  test('of short paths names places as CTest does, and those outside of both trees', async () => {
    const root = mkdtempSync('/tmp/s-');
    onTestFinished(() => rmSync(root, { recursive: true }));
    const build = new LoggedBuild({ root });
    const log = ['s/a.c', 'b/a.c', 'x/a.c', 's/../s/a.c', 's//d/a.c'].map((file) => `${root}/${file}:3: error: x\n`);
    const theirs = build.byCTest(`${log.join('')}rel/a.c:4: error: x\n./a.c:5: error: x\nC:\\d\\a.c(3) : error\n`);
    expect(theirs).toHaveLength(8);
    expect(await byUs(build)).toEqual(theirs);
  });

  test('of real compilers has the findings of CTest, with exceptions of the project and without', async () => {
    const build = new LoggedBuild();
    const made = (command: string): string => {
      const { stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: build.source, encoding: 'utf8' });
      return stdout + stderr;
    };
    writeFileSync(join(build.source, 'w.c'), 'int f(void) { int unused; return nope }\n');
    writeFileSync(join(build.source, 'm.c'), 'int nope(void);\nint main(void) { return nope(); }\n');
    writeFileSync(join(build.source, 't.cpp'), '#include <vector>\nstd::vector<int&> v;\n');
    writeFileSync(join(build.source, 'Makefile'), 'all: a b\na:\n\tcc -Wall -c w.c\nb:\n\tcc m.c -o m\n');
    writeFileSync(
      join(build.source, 'build.ninja'),
      `rule cc\n  command = cc -Wall -fdiagnostics-color=always -c ${build.source}/$in\nbuild w.o: cc w.c\nbuild all: phony w.o none.o\n`,
    );
    const log = [
      'make -i',
      'ninja w.o',
      'ninja',
      'clang -c w.c',
      'clang++ -c t.cpp',
      'c++ -c t.cpp',
      'ld -r none.o',
    ].map(made);
    const custom = ['w\\.c:[0-9]+', 'unused', 'returned 1'] as const;
    const plain = build.byCTest(log.join(''));
    expect(plain.length).toBeGreaterThan(10);
    expect(await byUs(build)).toEqual(plain);
    const [notError, warning, notWarning] = custom;
    const other = build.byCTest(
      log.join(''),
      `set(CTEST_CUSTOM_ERROR_EXCEPTION [=[${notError}]=])
set(CTEST_CUSTOM_WARNING_MATCH [=[${warning}]=])
set(CTEST_CUSTOM_WARNING_EXCEPTION [=[${notWarning}]=])
set(CTEST_CUSTOM_ERROR_PRE_CONTEXT 2)
set(CTEST_CUSTOM_ERROR_POST_CONTEXT 3)
`,
    );
    expect(other).not.toEqual(plain);
    const own = { notError: [notError], warning: [warning], notWarning: [notWarning] };
    expect(await byUs(build, own, { before: 2, after: 3 })).toEqual(other);
  });

  test('of random pieces of complaints has the findings of CTest', async () => {
    const build = new LoggedBuild();
    const random = new Random(17);
    const lines = Array.from({ length: 8000 }, () =>
      Array.from({ length: 1 + random.below(7) }, () => random.pick(PIECES)).join(
        random.pick(['', '', ' ', '\x1b[01m\x1b[K']),
      ),
    );
    // The oracle writes escapes its own way; what is compared is which lines, and why.
    const plainly = (findings: readonly ReportedFinding[]) => findings.map(({ kind, logLine }) => `${kind} ${logLine}`);
    const theirs = plainly(build.byCTest(`${lines.join('\n')}\n`, EVERYTHING));
    expect(theirs.length).toBeGreaterThan(1500);
    const ours = plainly(await byUs(build, undefined, ALL));
    const line = (one: string): string => `${one}: ${lines[Number(one.split(' ')[1]) - 1]}`;
    expect(ours.filter((one) => !theirs.includes(one)).map(line)).toEqual([]);
    expect(theirs.filter((one) => !ours.includes(one)).map(line)).toEqual([]);
  });

  test('with more complaints than are wanted, NULs, carriage returns, bytes that are no text, or no line end at its end', async () => {
    const build = new LoggedBuild();
    const lines = ['a.c:1:2: error: x', 'b.c:1: warning: x', 'cc a.c', 'd.c:3: y', ''];
    const random = new Random(3);
    const text = Array.from({ length: 600 }, () => random.pick(lines) + random.pick(['\n', '\n', '\r\n', '\0'])).join(
      '',
    );
    for (const log of [
      text,
      `${text}e.c:1: error: cut`,
      'e.c:1: error: cut',
      '',
      '\n',
      Buffer.from('b\xe4d.c:1: error: x\n', 'latin1'),
    ]) {
      const theirs = withoutNotice(build.byCTest(log));
      const plain = ({ after, before, ...rest }: ReportedFinding) => ({
        ...rest,
        before: before.replaceAll('\r', ''),
        after: after.replaceAll('\r', ''),
        text: rest.text.replaceAll('\r', ''),
      });
      expect(await byUs(build)).toEqual(theirs.map(plain));
    }
  });

  test('has as many as the project wants, none included, and contexts of its lengths', async () => {
    const build = new LoggedBuild();
    const log = 'cc\na.c:1:2: error: x\ncc\ncc\nb.c:1: warning: x\ncc\n'.repeat(9);
    for (const [errors, warnings, before, after] of [
      [3, 5, 0, 0],
      [0, 2, 1, 1],
      [2, 0, 100, 2],
      [-1, 1, 0, 100],
    ] as const) {
      const theirs = build.byCTest(
        log,
        `set(CTEST_CUSTOM_MAXIMUM_NUMBER_OF_ERRORS ${errors})
set(CTEST_CUSTOM_MAXIMUM_NUMBER_OF_WARNINGS ${warnings})
set(CTEST_CUSTOM_ERROR_PRE_CONTEXT ${before})
set(CTEST_CUSTOM_ERROR_POST_CONTEXT ${after})
`,
      );
      expect(await byUs(build, undefined, { errors, warnings, before, after })).toEqual(withoutNotice(theirs));
    }
  });
});

describe('a scan', () => {
  test('of many megabytes gives the same whatever stands at the seams of its pieces', async () => {
    const file = join(temporaryDirectory(), 'log');
    const filler = `${'[ 50%] Building C object x'.repeat(3)}\n`;
    const error = 'x.c:1:2: error: here\n';
    const parts: string[] = [];
    for (let piece = 0; piece < 40; piece++) parts.push(filler.repeat(1990 + piece), error);
    writeFileSync(file, parts.join(''));
    const { errors, lines, findings } = await scan(file);
    expect(errors).toBe(40);
    expect(lines).toBe(parts.join('').split('\n').length - 1);
    for (const { before } of findings.slice(1)) expect(before).toBe(filler.repeat(10));
  });

  test('takes the part of a file that it is asked for', async () => {
    const file = join(temporaryDirectory(), 'log');
    const error = 'x.c:1:2: error: here\n';
    writeFileSync(file, error.repeat(5));
    expect(await scan(file, { from: error.length, to: 3 * error.length })).toMatchObject({ errors: 2, lines: 2 });
  });

  test('of a line that is longer than memory should be ends', async () => {
    const file = join(temporaryDirectory(), 'log');
    writeFileSync(file, `${'x'.repeat(5_000_000)}\na.c:1: error: x\n`);
    expect(await scan(file)).toMatchObject({ errors: 1 });
  });
});

function matches(text: string, subject: string): boolean {
  const matcher = new RuleMatcher({ kind: 'error', text, expression: parseExpression(text), isOwn: true });
  const answer = matcher.begin(Buffer.from(subject, 'latin1'), 0, subject.length);
  if (answer === undefined) throw new Error('longer than a piece');
  // A line without its needles is never asked about.
  const needles = needlesOf(parseExpression(text));
  if (answer && needles !== undefined) expect(needles.some((needle) => contains(subject, needle))).toBe(true);
  return answer;
}

const contains = (subject: string, needle: Needle): boolean =>
  [...subject].some((_, from) => needle.every((set, at) => set[subject.charCodeAt(from + at)] === 1));

const noCMake = missing('cmake');

/** Runs a script of CMake. */
const cmake = (script: string) => {
  const file = join(temporaryDirectory(), 'x.cmake');
  writeFileSync(file, Buffer.from(`cmake_policy(VERSION 3.10)\n${script}`, 'latin1'));
  return spawnSync('cmake', ['-P', file], { encoding: 'latin1' });
};

const quoted = (text: string): string => `[==[${text}]==]`;

describe.skipIf(noCMake !== undefined)(`an expression${noCMake === undefined ? '' : ` (${noCMake})`}`, () => {
  const characters = [...'aab()[]*+?|^$.\\-:\xe9'];
  const random = new Random(4711);
  const text = (from: readonly string[], most: number): string =>
    Array.from({ length: random.below(most + 1) }, () => random.pick(from)).join('');
  const isTaken = (expression: string): boolean => {
    try {
      parseExpression(expression, 9);
      return true;
    } catch (error) {
      if (error instanceof ExpressionFault) return false;
      throw error;
    }
  };
  const PARTS = [
    'a',
    'b',
    '.',
    '[ab]',
    '[^a]',
    '[a-b:]',
    '[]a]',
    '[^]]',
    '[-a]',
    '[a-]',
    '[\\]',
    '(a|b)',
    '(a|)',
    '(ab)',
    '^',
    '$',
    '\\.',
    '\\a',
    '|',
    'a*',
    'b+',
    'a?',
    '(a|b)*',
    '(ab)+',
    '(a*b)*',
    '(^a)?',
    '\xe9*',
    '[\xe8-\xea]',
    '()',
    '(b$)',
  ];
  const anExpression = (): string => (random.chance(0.7) ? text(PARTS, 5) : text(characters, 8));

  test('matches what it matches in CMake', async () => {
    const subjects = Array.from({ length: 60 }, () => text([...'aab.:-\\]\xe9'], 6));
    const expressions = Array.from({ length: 600 }, anExpression).filter((one) => one !== '' && isTaken(one));
    const cases = expressions.flatMap((expression) =>
      Array.from({ length: 8 }, () => ({ expression, subject: random.pick(subjects) })),
    );
    const ran = cmake(
      cases
        .map(
          ({ expression, subject }) =>
            `if(${quoted(subject)} MATCHES ${quoted(expression)})\nmessage(STATUS 1)\nelse()\nmessage(STATUS 0)\nendif()\n`,
        )
        .join(''),
    );
    expect(ran.stderr).toBe('');
    const theirs = ran.stdout
      .trim()
      .split('\n')
      .map((line) => line === '-- 1');
    expect(theirs).toHaveLength(cases.length);
    expect(theirs.filter((yes) => yes).length).toBeGreaterThan(200);
    const wrong = cases.filter(({ expression, subject }, at) => {
      return matches(expression, subject) !== theirs[at];
    });
    expect(wrong).toEqual([]);
  });

  test('that CMake refuses is refused', async () => {
    const refused = new Set(
      Array.from({ length: 200 }, anExpression)
        .filter((one) => one !== '' && !isTaken(one))
        .slice(0, 25),
    );
    for (const one of [
      '(',
      ')',
      'a**',
      '*a',
      '[b-a]',
      '[a',
      'a\\',
      '(a*)*',
      '(a|)+',
      '()()()()()()()()()()',
      'a?'.repeat(4700),
    ])
      refused.add(one);
    for (const expression of refused) {
      expect(isTaken(expression)).toBe(false);
      // Newer versions of CMake take more groups.
      const script = `if([==[aaa]==] MATCHES ${quoted(expression)})\nendif()`;
      if (!expression.startsWith('()()'))
        expect({ expression, status: cmake(script).status }).toEqual({ expression, status: 1 });
    }
    for (const expression of ['a?'.repeat(4600), `${'x'.repeat(60_000)}`, '[a-a]', '[]-a]', '^?', '(^a|b)+']) {
      expect(isTaken(expression)).toBe(true);
      expect(cmake(`if([==[aaa]==] MATCHES ${quoted(expression)})\nendif()`).status).toBe(0);
    }
  });
});
