import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Argv } from '../../src/compile/argv.js';
import { type Plan, planLaunch, planLink } from '../../src/compile/plan.js';
import { type ResponseFile, readResponseFile } from '../../src/compile/response-file.js';
import * as options from '../../src/tables/compiler-options.js';
import type { Pattern } from '../../src/tables/pattern.js';
import { NAMING_OPTIONS, SIDE_OPTIONS } from '../../src/tables/side-files.js';
import * as tools from '../../src/tables/tools.js';
import { Random } from '../support/random.js';
import { hasRuntime, SANITIZERS } from '../support/runtime.js';
import { COMMAND_LINES, UNIQUE } from './command-lines.js';

const SOURCES =
  'planner lock_name words pattern tool response_file archive_command compiler_command compiler_options named_outputs side_files sides'.split(
    ' ',
  );
const COMPILERS = ['cc', 'clang'].map((name) => ({ name, checks: hasRuntime(name, ...SANITIZERS) }));

/** What decides about the dependency file and what else stands beside the product. */
const DEPENDENCIES = [
  '-MD',
  '-MMD',
  '-MF',
  '-MFx.d',
  '-MT',
  '-MTx',
  '-Wp,-MD,a.d',
  '-Wp,-MMD,d/a.d,-MT,x',
  '-g',
  '-g0',
  '-gdwarf-5',
].concat([
  '-Wp,-DX,-MD,a.d',
  '-Wp,-MD',
  '-xassembler',
  '-xc',
  'a.s',
  'a.i',
  'a.S',
  '-dumpdir',
  '-wrapper',
  '--config=x',
  '-arch',
  '-flto',
]);

const textsOf = ({ words, beginnings, containing }: Pattern): string[] => [...words, ...beginnings, ...containing];
const isPattern = (value: object): value is Pattern => 'words' in value;

/** Every text in the tables that a word of a command line is compared with. */
const TEXTS = [...Object.values(options), ...Object.values(tools)].flatMap((table) => {
  if (typeof table === 'string') return [];
  return isPattern(table) ? textsOf(table) : table.flatMap(({ pattern }) => textsOf(pattern));
});
const SIDES = SIDE_OPTIONS.flatMap(({ pattern }) => textsOf(pattern));
const NAMING = Object.values(NAMING_OPTIONS).flatMap(({ next, glued }) => [...textsOf(next), ...textsOf(glued)]);

/** Options that name a file to write, passed in each way. */
const NAMED = NAMING.concat('-aln=', '--Map', '--Map=', '--out-implib=').flatMap((option) => [
  option,
  `${option}F`,
  ...['-Wa,', '-Wl,'].flatMap((to) => [to + option, `${to}${option},F`, `${to}${option}F`, `${to}F`]),
]);

interface Question {
  readonly argv: Argv;
  readonly target?: string | undefined;
}

describe.each(COMPILERS)('the native plan', ({ name: compiler, checks }) => {
  describe.skipIf(!checks)(`built by ${compiler} (needs it with its sanitizers)`, () => {
    let directory = '';
    let driver = '';

    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'stagelock-plan-'));
      driver = join(directory, 'driver');
      const files = SOURCES.map((name) => resolve('native', `${name}.c`));
      const strict = ['-std=gnu11', '-D_GNU_SOURCE', '-g', '-O1', '-Wall', '-Wextra', '-Werror'];
      // Leaks are the design: one plan per process.
      execFileSync(compiler, [...strict, ...SANITIZERS, '-o', driver, resolve('test/compile/plan-driver.c'), ...files]);
    });
    afterAll(() => rmSync(directory, { recursive: true, force: true }));

    function nativePlans(questions: readonly Question[], cwd: string): unknown[] {
      const words = questions.flatMap(({ argv, target }) => [
        ...(target === undefined ? ['launch'] : ['link', target]),
        ...argv,
        '\n',
      ]);
      const done = spawnSync(driver, {
        cwd,
        input: words.map((word) => `${word}\0`).join(''),
        env: { ASAN_OPTIONS: 'detect_leaks=0' },
        maxBuffer: 1 << 28,
        encoding: 'utf8',
      });
      expect(done.stderr).toBe('');
      expect(done.status).toBe(0);
      return done.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
    }

    test('is the expected one for every known command line', () => {
      const plain = COMMAND_LINES.filter(({ files }) => files === undefined);
      nativePlans(plain, directory).forEach((plan, index) => {
        expect({ argv: plain[index]?.argv, plan }).toEqual({ argv: plain[index]?.argv, plan: plain[index]?.plan });
      });
    });

    test('looks into response files', () => {
      for (const [index, line] of COMMAND_LINES.entries()) {
        if (line.files === undefined) continue;
        const cwd = join(directory, String(index));
        mkdirSync(cwd);
        for (const [name, text] of Object.entries(line.files)) writeFileSync(join(cwd, name), text);
        const [plan] = nativePlans([line], cwd);
        expect({ argv: line.argv, plan }).toEqual({ argv: line.argv, plan: line.native ?? line.plan });
      }
    });

    const files: Readonly<Record<string, string>> = {
      'words.rsp': 'a.c -DX "b c.c" @nested.rsp',
      'nested.rsp': '-MD -save-temps',
      'output.rsp': '-c -o dir/prog',
      'empty.rsp': '',
    };
    const read = (path: string): ResponseFile => readResponseFile(resolve(directory, path));
    const ours = ({ argv, target }: Question): Plan =>
      target === undefined ? planLaunch(argv, UNIQUE, read) : planLink(argv, target, UNIQUE, read);

    /** The same, but for what is left to TypeScript: it needs a response file. */
    function agree(questions: readonly Question[]): void {
      for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
      nativePlans(questions, directory).forEach((plan, index) => {
        const question = questions[index];
        if (question === undefined) return;
        const left = typeof plan === 'object' && plan !== null && 'kind' in plan && plan.kind === 'typescript';
        if (left) expect(question.argv.some((word) => word.endsWith('.rsp'))).toBe(true);
        else expect({ question, plan }).toEqual({ question, plan: ours(question) });
      });
    }

    test('agrees with TypeScript on every option in the tables', () => {
      const words = [...TEXTS, ...SIDES, ...NAMED];
      expect(words.length).toBeGreaterThan(250);
      const programs = ['gcc', 'clang', 'cc', 'ld', 'ccache gcc'].map((tool): Argv => tool.split(' ') as [string]);
      agree(
        words.flatMap((option) =>
          programs.flatMap((tool): Question[] => [
            { argv: [...tool, '-c', option, '-o', 'x', 'a.c', '-o', 'b.o'] },
            { argv: [...tool, 'a.o', `-oprog.${option}`, `${option}x`, `b.${option}`] },
            { argv: [...tool, 'a.c', option, '-o', 'prog'] },
            { argv: [option, ...tool, '-c', `a.${option}`] },
          ]),
        ),
      );
    });

    test('agrees with TypeScript on random command lines', () => {
      const random = new Random(20_231_123);
      const known = [
        ...TEXTS,
        ...[...NAMED, ...SIDES, ...SIDES, ...DEPENDENCIES, ...DEPENDENCIES],
        ...COMMAND_LINES.flatMap(({ argv }) => argv),
        ...['-o', '-o', '-o', '-c', '-c', '-S', '-MD', '--', '-', '', '@', '@words.rsp', '@output.rsp', '@empty.rsp'],
      ];
      const programs = COMMAND_LINES.map(({ argv }) => argv[0]);
      const junk = [...'-o/.@=,M\\"\' \t\nWlxdüTtarp0'];
      const word = (): string => {
        if (random.chance(0.75)) return random.pick(known);
        const glued = random.pick(['', '', '-o', '--output=', '-Wl,', '-Wp,', '-Wa,', '-x', 'lib/', './', '-']);
        return glued + Array.from({ length: random.below(5) }, () => random.pick(junk)).join('');
      };
      const isEnd = (text: string): boolean => text === '\n'; // the driver's own mark
      agree(
        Array.from({ length: 20_000 }, (): Question => {
          const words = Array.from({ length: random.below(9) }, word).filter((text) => !isEnd(text));
          const target = random.chance(0.3) ? random.pick(['prog', 'a.o', './prog', 'libx.a', 'dir//a.o']) : undefined;
          return {
            argv: [random.chance(0.9) ? random.pick(programs) : word().replaceAll('\n', 'n'), ...words],
            target,
          };
        }),
      );
    });
  });
});
