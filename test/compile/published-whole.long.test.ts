import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { noOtherUser } from '../support/other-user.js';
import { until } from '../support/until.js';
import {
  HAS_AR,
  HAS_CLANG,
  HAS_GCC,
  HELPER,
  helper,
  LOCK_NAMES,
  leftIn,
  pidIn,
  runs,
  script,
  start,
  temporaryDirectory,
} from './helper.js';
import { fill, launched, plainly } from './same-files.js';

const LAUNCH = ['launch', '--strategy=lockdir', '--'];

describe('what stands beside an object', () => {
  const functions = (name: string): string =>
    Array.from({ length: 60 }, (_, at) => `int ${name}${at}(int x) { return x * ${at}; }\n`).join('');

  test.each([
    ['gcc', '-MD', ['a.d']],
    ['gcc', '-MD -fstack-usage -fcallgraph-info -save-temps', ['a.d', 'a.su', 'a.ci', 'a.i', 'a.s']],
    ['gcc', '-g -gsplit-dwarf', ['a.dwo']],
    ['clang', '-MD -g -gsplit-dwarf --coverage -fstack-usage', ['a.d', 'a.dwo', 'a.gcno', 'a.su']],
    ['clang', '-Wp,-MMD,a.d', ['a.d']],
  ] as const)('is never seen half: %s %s', async (compiler, options, names) => {
    if (!(compiler === 'gcc' ? HAS_GCC : HAS_CLANG)) return;
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'a.h'), '');
    const sources = ['one', 'another'].map((name) => `#include "a.h"\n${functions(name)}`);
    const compile = async (source: string): Promise<void> => {
      writeFileSync(join(directory, 'a.c'), source);
      const words = [...LAUNCH, compiler, ...options.split(' '), '-c', 'a.c', '-o', 'a.o'];
      expect(await helper(words, { cwd: directory })).toEqual({ end: 0, stdout: '', stderr: '' });
    };
    const whole: Record<string, Set<string>> = {};
    const seen: Record<string, Set<string>> = {};
    const read = (into: Record<string, Set<string>>): void => {
      for (const name of names) {
        into[name] ??= new Set();
        into[name].add(readFileSync(join(directory, name), 'latin1'));
      }
    };
    for (const source of sources) {
      await compile(source);
      read(whole);
    }
    let done = false;
    const reader = (async () => {
      for (; !done; await turn()) read(seen);
    })();
    for (const source of [...sources, ...sources, ...sources]) await compile(source);
    done = true;
    await reader;
    for (const name of names) {
      const halves = [...(seen[name] ?? [])].filter((text) => !whole[name]?.has(text));
      expect({ name, halves: halves.map((text) => text.length) }).toEqual({ name, halves: [] });
    }
    expect(leftIn(directory, 'a.c', 'a.h', 'a.o', ...names)).toEqual([]);
  });

  test.skipIf(!HAS_GCC)('is not overwritten by a compile whose helper was killed (needs gcc)', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'a.c'), '#include "a.h"\n');
    writeFileSync(join(directory, 'a.h'), '');
    // As gcc, it writes what -MF names, or else what stands before the ending of its output.
    const slow = script(
      directory,
      'slow-gcc',
      `while [ $# -gt 0 ]; do case $1 in -o) out=$2;; -MF) deps=$2;; esac; shift; done
      exec > /dev/null 2>&1
      setsid sh -c 'echo $$ > orphan; while [ ! -e go ]; do sleep 0.02; done; echo old > "$0"; echo > written' "\${deps:-\${out%.*}.d}" &
      wait`,
    );
    const words = ['-MD', '-c', 'a.c', '-o', 'a.o'];
    const first = start([...LAUNCH, slow, ...words], { cwd: directory, stdio: 'ignore' });
    const orphan = await pidIn(join(directory, 'orphan'));
    first.child.kill('SIGKILL');
    await first.ended;
    expect(await helper([...LAUNCH, 'gcc', ...words], { cwd: directory })).toMatchObject({ end: 0 });
    const dependencies = readFileSync(join(directory, 'a.d'), 'utf8');
    expect(dependencies).toContain('a.h');
    writeFileSync(join(directory, 'go'), '');
    await until('the orphan has written or is dead', () => existsSync(join(directory, 'written')) || !runs(orphan));
    expect(readFileSync(join(directory, 'a.d'), 'utf8')).toBe(dependencies);
  });
});

describe.skipIf(noOtherUser !== undefined || !HAS_GCC || !HAS_AR)(
  `in a directory of mode 2775, of a group that two users share (${noOtherUser ?? 'needs gcc'})`,
  () => {
    const GROUP = 4242;
    function as(user: number, umask: string, directory: string, ...command: string[]): string {
      const words = ['--reuid', String(user), '--regid', String(user), '--groups', String(GROUP), '--'];
      const line = `umask ${umask}; exec "$@"`;
      const done = spawnSync('setpriv', [...words, 'sh', '-c', line, 'sh', ...command], {
        cwd: directory,
        encoding: 'utf8',
      });
      return `${done.status} ${done.stderr}`;
    }
    function shared(): string {
      const directory = temporaryDirectory();
      chmodSync(directory, 0o755);
      writeFileSync(join(directory, 'a.h'), '');
      writeFileSync(join(directory, 'a.c'), '#include "a.h"\nint main(void) { return 0; }\n');
      writeFileSync(join(directory, 'b.c'), 'int b;\n');
      mkdirSync(join(directory, 's'));
      chownSync(join(directory, 's'), 4001, GROUP);
      chmodSync(join(directory, 's'), 0o2775);
      return directory;
    }
    const COMMANDS: readonly (readonly [string, readonly string[]])[] = [
      ['gcc -MD -c a.c -o s/a.o', ['a.o', 'a.d']],
      ['gcc -g --coverage -c a.c -o s/a.o', ['a.o', 'a.gcno']],
      ['gcc -MMD -g -save-temps=obj -fstack-usage -c a.c -o s/a.o', ['a.o', 'a.d', 'a.i', 'a.s', 'a.su']],
      ['gcc -g -gsplit-dwarf -MD -c a.c -o s/a.o', ['a.o', 'a.d', 'a.dwo']],
      ['gcc -aux-info s/a.x -Wa,-aln=s/a.lst -c a.c -o s/a.o', ['a.o', 'a.x', 'a.lst']],
      ...(HAS_CLANG
        ? ([
            ['clang -MD --coverage -c a.c -o s/a.o', ['a.o', 'a.d', 'a.gcno']],
            ['clang -MJ s/a.json --serialize-diagnostics s/a.dia -c a.c -o s/a.o', ['a.o', 'a.json', 'a.dia']],
            ['clang -O1 -foptimization-record-file=s/a.yaml -c a.c -o s/a.o', ['a.o', 'a.yaml']],
          ] as const)
        : []),
      [
        'gcc -g --coverage -fstack-usage -save-temps=obj -MD a.c b.c -o s/p',
        ['p-a.gcno', 'p-b.su', 'p-a.i', 'p-b.o', 'p.d'],
      ],
      ['gcc -g -gsplit-dwarf -fcallgraph-info a.c -o s/p', ['p', 'p-a.dwo', 'p-a.ci']],
      ['gcc -O2 -fsave-optimization-record a.c -o s/p', ['p', 'p-a.c.opt-record.json.gz']],
      ['gcc a.c -Wl,-Map=s/prog.map -o s/prog', ['prog', 'prog.map']],
      [
        'gcc a.c -Xlinker -Map -Xlinker s/prog.map -Wl,--dependency-file,s/prog.d -o s/prog',
        ['prog', 'prog.map', 'prog.d'],
      ],
      ['gcc a.c -o s/prog', ['prog']],
      ['ar rcs s/l.a a.h', ['l.a']],
    ];

    test.each(LOCK_NAMES)('each replaces what the other has made, by %s', { timeout: 240_000 }, (strategy) => {
      const ours = [...HELPER, 'launch', `--strategy=${strategy}`, '--'];
      for (const [command, files] of COMMANDS) {
        const directory = shared();
        for (const [user, umask] of [
          [4001, '022'],
          [4002, '022'],
          [4001, '077'],
          [4002, '077'],
        ] as const) {
          expect([command, user, umask, as(user, umask, directory, ...ours, ...command.split(' '))]).toEqual([
            ...[command, user, umask, '0 '],
          ]);
        }
        for (const file of files) {
          const { mode, gid } = statSync(join(directory, 's', file));
          expect([command, file, mode & 0o060, gid]).toEqual([command, file, 0o060, GROUP]);
          if (file === 'prog') expect(mode & 0o010).toBe(0o010);
        }
      }
    });
  },
);

test.skipIf(!HAS_GCC)('elsewhere a file keeps the permissions of the one that it replaces (needs gcc)', async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'a.c'), 'int main(void) { return 0; }\n');
  const mode = (name: string): string => (statSync(join(directory, name)).mode & 0o777).toString(8);
  plainly(directory, ['gcc', '-MD', '-c', 'a.c']);
  plainly(directory, ['gcc', 'a.c', '-o', 'prog']);
  for (const name of ['a.o', 'a.d', 'prog']) chmodSync(join(directory, name), 0o660);
  expect((await helper([...LAUNCH, 'gcc', '-MD', '-c', 'a.c', '-o', 'a.o'], { cwd: directory })).end).toBe(0);
  expect((await helper([...LAUNCH, 'gcc', 'a.c', '-o', 'prog'], { cwd: directory })).end).toBe(0);
  expect([mode('a.o'), mode('a.d'), mode('prog')]).toEqual(['660', '660', '770']);
});

test.each([
  ['ar rs out/l.a a.c', 'creating out/l.a\n'],
  ['ar rs out/l.a missing.o', 'creating out/l.a\n'],
  ['ar rcs out/broken.a a.c', 'out/broken.a: file format not recognized\n'],
  ['gcc -static a.c -Wl,-N -o out/prog', 'out/prog has a LOAD segment with RWX permissions\n'],
])('what %s says has the real name in it', async (command, said) => {
  if (!HAS_GCC || !HAS_AR) return;
  const directory = temporaryDirectory();
  const before = { 'a.c': 'int main(void) { return 0; }\n', 'out/broken.a': 'no archive' };
  const withoutObjects = (text: string): string => text.replaceAll(/\/tmp\/cc\w+\.o/g, 'OBJECT');
  fill(join(directory, 'work'), before);
  const alone = plainly(join(directory, 'work'), command.split(' '));
  expect(alone.ended.stderr).toContain(said);
  fill(join(directory, 'work'), before);
  const { ended } = await launched(join(directory, 'work'), command.split(' '));
  expect({ ...ended, stderr: withoutObjects(ended.stderr) }).toEqual({
    ...alone.ended,
    stderr: withoutObjects(alone.ended.stderr),
  });
});
