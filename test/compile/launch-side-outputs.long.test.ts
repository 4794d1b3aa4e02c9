import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasRuntime } from '../support/runtime.js';
import { HAS_CLANG, HAS_GCC, helper, temporaryDirectory } from './helper.js';
import { filesBelow, fill, launched, type Outcome, plainly } from './same-files.js';

const SOURCES = {
  'a.c':
    '#include "include/a.h"\n#include <stddef.h>\nint b(int);\nint main(void) { char c[A]; return c[0] = b(A) - 43; }\n',
  'sub/b.c': '#include "../include/a.h"\nint b(int x) { return x + 1; }\n',
  'include/a.h': '#define A 42\n',
  'c.s': '.globl c\nc: .long 0\n',
  'out/keep': '',
  'out of $order/keep': '',
  'sub/d.S': '#include "../include/a.h"\n.globl d\nd: .long A\n',
  'wrong.s': 'no instruction\n',
  'dependencies.cfg': '-MD\n',
  'wrong.c': 'int wrong(void) { return 1 }\n',
  flags: '-MD -Iinclude "-DX=a b"',
  all: "-c a.c '-o' out/a.o -MMD",
  link: 'a.c sub/b.c -o prog',
};

/** Gcc invents symbols and checksums otherwise. */
const SEED = '-frandom-seed=1';

interface Case {
  readonly args: string;
  readonly only?: 'gcc' | 'clang';
  /** What a compiler writes differently each time it runs, with or without us. */
  readonly varies?: (name: string, text: string) => string;
}

const CASES: readonly Case[] = [
  { args: '-c a.c -o out/a.o' },
  { args: '-c a.c' },
  { args: '-c sub/b.c -oout/b.o -g' },
  { args: '-c sub/b.c --output=b.x.o -g' },
  { args: '-c a.c -o out/noending -MD -g -gsplit-dwarf' },
  { args: '-c a.c -o out/.a.o -MD -fstack-usage' },
  { args: '-c a.c -o .o -MD -g -gsplit-dwarf -fstack-usage' },
  { args: '-S a.c -o out/a.s' },
  { args: '-S sub/b.c' },
  { args: '-c c.s -o out/c.o' },
  { args: '-c a.c -o -', only: 'clang' },
  { args: '-E a.c' },
  { args: '-E a.c -o a.i' },
  { args: '-M a.c' },
  { args: '-c wrong.c -o out/wrong.o' },
  { args: '-c a.c sub/b.c' },
  { args: '-c a.c sub/b.c -o out/a.o' },
  { args: '-c a.c -o no/a.o' },
  { args: '-c a.c -o' },
  { args: '--version' },
  { args: '-MD -c a.c -o out/a.o' },
  { args: '-MMD -c a.c -o out/a.o' },
  { args: '-MD -MP -MF deps -c a.c -o out/a.o' },
  { args: '-MD -MT x.o -c a.c -o out/a.o' },
  { args: '-MMD -MQ x$.o -MF out/deps -c a.c -o out/a.o' },
  { args: '-MD -c sub/b.c' },
  { args: '-MD -S sub/b.c' },
  { args: '-MD -S sub/b.c -o out/b.s' },
  { args: '-Wp,-MD,out/deps -c a.c -o out/a.o' },
  { args: '-Wp,-MMD,deps -c a.c' },
  { args: '-Wp,-MD,out/.a.o.d -Wp,-MT,out/a.o -c a.c -o out/a.o' },
  { args: '-Wp,-MMD,out/.a.o.d,-MT,out/a.o -c a.c -o out/a.o' },
  { args: '-MD -Wp,-MT,out/b.o -c a.c -o out/a.o' },
  { args: '-Wp,-MD,out/deps -MT x.o -c a.c -o out/a.o' },
  { args: '-Wp,-MD,out/deps -MD -c a.c -o out/a.o' },
  { args: '-Wp,-MD,out/deps -MF other -c a.c -o out/a.o' },
  { args: '-MD -MF one -MFtwo -c a.c -o out/a.o' },
  { args: '-MD -MF /dev/null -c a.c -o out/a.o' },
  { args: '-MD -MF no/deps -c a.c -o out/a.o' },
  { args: '-MD -c c.s -o out/c.o' },
  { args: '-MD -c sub/d.S -o out/d.o' },
  { args: '-MMD -MF out/d.d -x assembler-with-cpp -c c.s -o out/c.o' },
  { args: '--config dependencies.cfg -c a.c -o out/a.o', only: 'clang' },
  { args: '-MJ out/a.json -c a.c -o out/a.o', only: 'clang' },
  { args: '-g -gsplit-dwarf -c a.c -o out/a.o' },
  { args: '-g -gsplit-dwarf -c sub/b.c' },
  { args: '-gsplit-dwarf -c sub/b.c -o out/b.o' },
  { args: '-g -gsplit-dwarf -g0 -c sub/b.c -o out/b.o' },
  { args: '-g1 -gsplit-dwarf -MD -c sub/b.c -o out/b.o' },
  { args: '-g -gsplit-dwarf=single -c sub/b.c -o out/b.o', only: 'clang' },
  { args: '-g -gsplit-dwarf=single -gsplit-dwarf -c sub/b.c -o out/b.o', only: 'clang' },
  { args: '-g -gsplit-dwarf -wrapper env -c sub/b.c -o out/b.o', only: 'gcc' },
  { args: `-g -gsplit-dwarf --coverage ${SEED} -fstack-usage -O2 -c a.c -o out/a.o` },
  { args: '-g -gsplit-dwarf -fstack-usage -c sub/d.S -o out/d.o' },
  { args: '-fstack-usage --coverage -c c.s -o out/c.o' },
  { args: `--coverage ${SEED} -c a.c -o out/a.o` },
  { args: `--coverage ${SEED} -c sub/b.c` },
  { args: '-save-temps -c a.c -o out/a.o' },
  { args: '-save-temps=obj -c a.c -o out/x.o' },
  { args: '-save-temps=cwd -c sub/b.c -o out/x.o' },
  { args: '-ftime-trace -c a.c -o out/a.o', only: 'clang', varies: withoutTimes },
  { args: '-fstack-usage -c a.c -o out/a.o' },
  { args: '-fcallgraph-info -c a.c -o out/a.o', only: 'gcc' },
  {
    args: '-fcallgraph-info=su,da -fstack-usage -fdump-tree-optimized -save-temps -MD -g -c a.c -o out/a.o',
    only: 'gcc',
  },
  { args: '-fstack-usage -dumpdir out/q- -MD -c a.c -o out/a.o', only: 'gcc' },
  { args: '-fstack-usage -fprofile-use -c a.c -o out/a.o', only: 'gcc' },
  { args: '-fdump-tree-optimized -c a.c -o out/a.o', only: 'gcc' },
  { args: '-fsave-optimization-record -O2 -c a.c -o out/a.o', only: 'clang' },
  { args: '-g -frecord-gcc-switches -c a.c -o out/a.o' },
  { args: '-g -grecord-gcc-switches -c a.c -o out/a.o' },
  { args: `-flto ${SEED} -c a.c -o out/a.o` },
  { args: '@flags -c a.c -o out/a.o' },
  { args: '@all' },
  { args: `-MD -g -gsplit-dwarf --coverage ${SEED} -fstack-usage -c a.c -o out/a.o` },
  { args: `-MMD -MP -save-temps=obj --coverage ${SEED} -O2 -c sub/b.c -o out/x.o` },
  { args: `-g -flto ${SEED} -MD -fstack-usage -c sub/b.c` },
  { args: '-x c-header include/a.h -MD -o out/a.h.pch', only: 'clang' },
  { args: 'a.c sub/b.c -o prog' },
  { args: '-g a.c sub/b.c -oprog' },
  { args: '@link' },
  { args: 'a.c sub/b.c' },
  { args: '-shared -fPIC -Wl,-soname,libb.so.1 sub/b.c -o out/libb.so.1.0' },
  { args: '-r -nostdlib sub/b.c -o out/b.o' },
  { args: 'a.c sub/b.c -o prog -Wl,-Map=out/prog.map', varies: withoutTemporaries },
  { args: 'a.c -o prog' },
  { args: '-MD a.c sub/b.c -o prog' },
  { args: '-g -gsplit-dwarf a.c sub/b.c -o out/prog' },
  { args: `--coverage ${SEED} a.c sub/b.c -o out/prog` },
  { args: '-save-temps a.c sub/b.c -o out/prog' },
  { args: `-flto -O2 ${SEED} a.c sub/b.c -o prog` },
];

/** Commands that fail, over what an earlier one has left. A dependency file stays beside the object that it speaks of. */
const OLD = ['out/a.o', 'out/a.su', 'out/a.s', 'prog'];
const FAILURES: readonly Case[] = [
  { args: '-c wrong.c -o out/a.o' },
  { args: '-S wrong.c -o out/a.s' },
  { args: '-c missing.c -o out/a.o' },
  { args: '-c a.c -o out/a.o --no-such-option' },
  { args: '-c wrong.s -o out/a.o' },
  { args: '-fstack-usage -save-temps -c wrong.c -o out/a.o' },
  { args: '-g -gsplit-dwarf -fstack-usage --coverage -c wrong.c -o out/a.o' },
  { args: 'wrong.c -o prog' },
  { args: 'sub/b.c -o prog' },
  { args: 'sub/b.c missing.o -o prog' },
];

const NAMES = ['out of $order/ü #1.o', "out/it's.o", 'out/a:b.o', 'out/-x.o'];

const COMPILERS = (['gcc', 'clang'] as const).filter((name) => (name === 'gcc' ? HAS_GCC : HAS_CLANG));

describe.skipIf(COMPILERS.length === 0).each(COMPILERS)(
  'launched, %s leaves and says what it does alone:',
  (compiler) => {
    const cases = CASES.filter(({ only }) => only === undefined || only === compiler);

    test.each(cases.map((one) => [one.args, one] as const))('%s', async (args, { varies }) => {
      await same(compiler, args.split(' '), varies);
    });

    test.each(FAILURES.map(({ args }) => args))('%s, over older files', async (args) => {
      await same(compiler, args.split(' '), undefined, OLD);
    });

    test('-MD -c wrong.c -o out/a.o, but for a dependency file beside an older object', async () => {
      const work = join(temporaryDirectory(), 'work');
      const older = { ...SOURCES, 'out/a.o': 'old', 'out/a.d': 'old' };
      fill(work, older);
      const keeps = plainly(work, [compiler, '-MD', '-c', 'wrong.c', '-o', 'out/a.o']).files['out/a.o'] !== undefined;
      fill(work, older);
      const { files } = await launched(work, [compiler, '-MD', '-c', 'wrong.c', '-o', 'out/a.o']);
      expect(files['out/a.o']).toBe(keeps ? 'old' : undefined);
      expect(files['out/a.d'] === 'old').toBe(keeps);
    });

    test.each(NAMES)('-MD -c a.c -o %j', async (name) => {
      await same(compiler, ['-MD', '-c', 'a.c', '-o', name]);
    });

    const covers = hasRuntime(compiler, '--coverage');
    const needs = covers ? '' : ` (needs the runtime library of ${compiler})`;
    test.skipIf(!covers)(`what a covered program counts is found where it would be${needs}`, async () => {
      const directory = temporaryDirectory();
      const work = join(directory, 'work');
      const names: string[][] = [];
      for (const launch of [[], ['launch', '--strategy=lockdir', '--']]) {
        fill(work, SOURCES);
        for (const args of ['-c a.c -o out/a.o', '-c sub/b.c', 'out/a.o b.o -o out/prog', 'a.c sub/b.c -o whole']) {
          const argv = [compiler, '--coverage', ...args.split(' ')];
          if (launch.length === 0) expect(plainly(work, argv).ended.end).toBe(0);
          else expect(await helper([...launch, ...argv], { cwd: work })).toEqual({ end: 0, stdout: '', stderr: '' });
        }
        execFileSync(join(work, 'out', 'prog'), { cwd: directory });
        execFileSync(join(work, 'whole'), { cwd: directory });
        names.push(Object.keys(filesBelow(work)));
      }
      expect(names[1]).toEqual(names[0]);
      expect(names[1]?.filter((name) => name.endsWith('.gcda')).length).toBeGreaterThanOrEqual(3);
    });
  },
);

async function same(
  compiler: string,
  args: readonly string[],
  varies?: Case['varies'],
  old: readonly string[] = [],
): Promise<void> {
  // The same directory for both: compilers record it.
  const work = join(temporaryDirectory(), 'work');
  const before = { ...SOURCES, ...Object.fromEntries(old.map((name) => [name, 'old'])) };
  fill(work, before);
  const alone = plainly(work, [compiler, ...args]);
  fill(work, before);
  const behindUs = await launched(work, [compiler, ...args]);
  expect(Object.keys(behindUs.files)).toEqual(Object.keys(alone.files));
  expect(settled(behindUs, varies)).toEqual(settled(alone, varies));
}

function settled({ files, ended }: Outcome, varies: Case['varies'] = (_name, text) => text): unknown {
  const said = { ...ended, stderr: withoutTemporaries('', ended.stderr) };
  return { files: Object.entries(files).map(([name, text]) => [name, varies(name, text)]), ended: said };
}

/** Without the names that gcc and clang give to their own files in /tmp. */
function withoutTemporaries(_name: string, text: string): string {
  return text.replaceAll(/\/tmp\/[\w-]+\.[os]/g, '/tmp/');
}

/** Which events a trace holds depends on how long they took. */
function withoutTimes(name: string, text: string): string {
  if (!name.endsWith('.json')) return text;
  expect(text).not.toContain('tmp-');
  return Object.keys(JSON.parse(text)).join(' ');
}
