import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CTestCustom, readCTestCustom } from '../../src/reports/ctest-custom.js';
import { scanLog } from '../../src/reports/log-scan/scan.js';
import { missing } from '../system/programs.js';
import { LoggedBuild } from './ctest-oracle.js';

const absent = missing('ctest') ?? missing('cmake');

/** Lines that say something, each of its own. */
const LOG = `a.c:1:2: error: one
b.c:1: warning: two
mine; all; mine
mine all mine
[ab] in brackets
a in brackets
one "quoted" two
back\\slash
back/slash
gr\u00fc\u00df dich
dollar $HOME and @HOME@ and \${HOME}
a.b
axb
tail of it
of it tail
${'cc\n'.repeat(15)}c.c:1:2: error: late
`;

const read = (build: LoggedBuild): Promise<CTestCustom | undefined> =>
  readCTestCustom(build.build, { cmake: 'cmake', environment: { ...process.env, MINE: 'mine' } });

const byUs = async (build: LoggedBuild) => {
  const custom = await read(build);
  const { findings = [] } = (await scanLog(build.log, custom)) ?? {};
  return findings.map(({ kind, logLine, before, after }) => ({ kind, logLine, before, after }));
};

const byCTest = (build: LoggedBuild, custom?: string) => {
  const findings = build.byCTest(LOG, custom);
  return findings.map(({ kind, logLine, before, after }) => {
    const plain = after.replace(/\nThe maximum number of reported .*\n$/, '');
    return { kind, logLine, before, after: plain };
  });
};

describe.skipIf(absent !== undefined)(`CTestCustom.cmake${absent === undefined ? '' : ` (${absent})`}`, () => {
  test.each<[string, string, number]>([
    ['nothing', '', 3],
    ['expressions in a list', 'set(CTEST_CUSTOM_ERROR_MATCH "mine all" "tail$")', 5],
    ['what is added', 'set(CTEST_CUSTOM_ERROR_MATCH tail$)\nlist(APPEND CTEST_CUSTOM_ERROR_MATCH a.b)', 6],
    ['semicolons that separate, and that do not', 'set(CTEST_CUSTOM_ERROR_MATCH "nope;a\\\\.b;mine\\\\; all")', 5],
    ['brackets around a semicolon', 'set(CTEST_CUSTOM_WARNING_MATCH [=[^[a;b]]=])', 8],
    ['quotes and backslashes', 'set(CTEST_CUSTOM_WARNING_MATCH [=["quoted"]=] [=[back\\\\]=])', 5],
    ['other letters', 'set(CTEST_CUSTOM_ERROR_MATCH "gr\u00fc\u00df" "\u00fc*\u00df")', 4],
    ['dollars and ats', 'set(CTEST_CUSTOM_ERROR_MATCH "\\\\$H" "@HOME@" [=[\\${HOME]=])', 4],
    ['line ends', 'set(CTEST_CUSTOM_ERROR_MATCH "x\ny" "tail")', 5],
    ['empty ones', 'set(CTEST_CUSTOM_ERROR_MATCH ";;tail;;")', 5],
    ['what CMake does not take', 'set(CTEST_CUSTOM_ERROR_MATCH "a**" "(" "tail" "()()()()()()()()()()back")', 5],
    ['an exception', 'set(CTEST_CUSTOM_ERROR_EXCEPTION "one$")\nset(CTEST_CUSTOM_WARNING_EXCEPTION "b.c")', 1],
    [
      'an exception that makes a warning',
      'set(CTEST_CUSTOM_ERROR_EXCEPTION "one$")\nset(CTEST_CUSTOM_WARNING_MATCH "one$")',
      3,
    ],
    ['a condition', 'if(NOT CTEST_CUSTOM_ERROR_MATCH)\n set(CTEST_CUSTOM_ERROR_MATCH tail)\nendif()', 5],
    ['a function', 'function(add)\n set(CTEST_CUSTOM_ERROR_MATCH tail PARENT_SCOPE)\nendfunction()\nadd()', 5],
    ['what is taken back', 'set(CTEST_CUSTOM_ERROR_MATCH tail)\nunset(CTEST_CUSTOM_ERROR_MATCH)', 3],
    ['a cached variable', 'set(CTEST_CUSTOM_ERROR_MATCH tail CACHE STRING "")', 5],
    ['an early end', 'set(CTEST_CUSTOM_ERROR_MATCH tail)\nreturn()\nset(CTEST_CUSTOM_ERROR_MATCH mine)', 5],
    ['messages', 'message("a")\nmessage(STATUS "b")\nset(CTEST_CUSTOM_ERROR_MATCH tail)\nmessage(WARNING "c")', 5],
    [
      'an error',
      'set(CTEST_CUSTOM_ERROR_MATCH tail)\nmessage(SEND_ERROR "c")\nlist(APPEND CTEST_CUSTOM_ERROR_MATCH "back/")',
      6,
    ],
    [
      'a fatal error',
      'set(CTEST_CUSTOM_ERROR_MATCH tail)\nmessage(FATAL_ERROR "c")\nset(CTEST_CUSTOM_ERROR_MATCH mine)',
      5,
    ],
    ['a file that is not there', 'set(CTEST_CUSTOM_ERROR_MATCH tail)\ninclude(nope.cmake)', 5],
    ['a syntax error', 'set(CTEST_CUSTOM_ERROR_MATCH tail)\nset(', 3],
    ['limits', 'set(CTEST_CUSTOM_MAXIMUM_NUMBER_OF_ERRORS 1)\nset(CTEST_CUSTOM_MAXIMUM_NUMBER_OF_WARNINGS 0)', 1],
    [
      'limits that are no numbers',
      'set(CTEST_CUSTOM_MAXIMUM_NUMBER_OF_ERRORS "2x")\nset(CTEST_CUSTOM_ERROR_PRE_CONTEXT x)',
      3,
    ],
    ['empty limits', 'set(CTEST_CUSTOM_MAXIMUM_NUMBER_OF_ERRORS "")', 1],
    ['contexts', 'set(CTEST_CUSTOM_ERROR_PRE_CONTEXT 2)\nset(CTEST_CUSTOM_ERROR_POST_CONTEXT 3)', 3],
    ['contexts of -1 and less', 'set(CTEST_CUSTOM_ERROR_PRE_CONTEXT -1)\nset(CTEST_CUSTOM_ERROR_POST_CONTEXT -7)', 3],
    ['variables of other purposes', 'set(CTEST_CUSTOM_TESTS_IGNORE a b)\nset(CTEST_CUSTOM_PRE_TEST "true")', 3],
    [
      'many, one after the other',
      'foreach(i RANGE 120)\n list(APPEND CTEST_CUSTOM_WARNING_MATCH "a long expression that nothing matches")\nendforeach()\nset(CTEST_CUSTOM_ERROR_MATCH tail)',
      5,
    ],
  ])('with %s is understood as by ctest', async (_what, custom, expected) => {
    const build = new LoggedBuild();
    const theirs = byCTest(build, `${custom}\n`);
    expect(theirs).toHaveLength(expected);
    expect(await byUs(build)).toEqual(theirs);
  });

  test('includes what ctest includes, from its own directory, from the build directory and by its environment', async () => {
    const build = new LoggedBuild();
    mkdirSync(join(build.build, 'sub'));
    const add = (what: string): string => `list(APPEND CTEST_CUSTOM_ERROR_MATCH "${what}")\n`;
    writeFileSync(join(build.build, 'sub', 'a.cmake'), add('tail'));
    writeFileSync(join(build.build, 'b.cmake'), `${add('back/')}include(sub/a.cmake)\n`);
    process.env['MINE'] = 'mine';
    const theirs = byCTest(build, `include(b.cmake)\nlist(APPEND CTEST_CUSTOM_ERROR_MATCH "^$ENV{MINE} all")\n`);
    expect(theirs).toHaveLength(7);
    expect(await byUs(build)).toEqual(theirs);
  });

  test('is looked for where ctest looks: CTestCustom.ctest and those below it, unless there is a CTestCustom.cmake', async () => {
    const build = new LoggedBuild();
    const at = (...path: string[]): string => join(build.build, ...path);
    const add = (what: string): string => `list(APPEND CTEST_CUSTOM_ERROR_MATCH "${what}")\n`;
    expect(await read(build)).toBeUndefined();
    mkdirSync(at('sub', 'deep'), { recursive: true });
    mkdirSync(join(build.source, 'linked'));
    writeFileSync(at('sub', 'deep', 'CTestCustom.ctest'), add('tail'));
    writeFileSync(at('sub', 'CTestCustom.cmake'), add('mine'));
    expect(await read(build)).toBeUndefined();
    expect(byCTest(build)).toHaveLength(3);
    writeFileSync(join(build.source, 'linked', 'CTestCustom.ctest'), add('a[.]b'));
    symlinkSync(join(build.source, 'linked'), at('link'));
    writeFileSync(at('CTestCustom.ctest'), add('back/'));
    const theirs = byCTest(build);
    expect(theirs).toHaveLength(7);
    expect(await byUs(build)).toEqual(theirs);
    const only = byCTest(build, add('mine all'));
    expect(only).toHaveLength(4);
    expect(await byUs(build)).toEqual(only);
  });

  test('that cannot be read, or not to its end, says why; what it has said before counts', async () => {
    const build = new LoggedBuild();
    byCTest(build, 'set(CTEST_CUSTOM_ERROR_MATCH tail "x**")\nmessage(FATAL_ERROR "no more")\n');
    const custom = await read(build);
    expect(custom?.problem).toContain(
      `${build.build}/CTestCustom.cmake has errors; what it set before that is used: CMake Error at`,
    );
    expect(custom?.problem).toContain('no more');
    expect(custom?.judge.refused).toEqual([{ kind: 'error', text: 'x**', why: 'nested *, ? or +' }]);
    const without = await readCTestCustom(build.build, { cmake: 'no-cmake-at-all', environment: process.env });
    expect(without?.problem).toMatch(/CTestCustom\.cmake is ignored: .*no-cmake-at-all/);
    expect((await scanLog(build.log, without))?.findings).toHaveLength(3);
  });
});
