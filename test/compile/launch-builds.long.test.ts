import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HAS_CC, HAS_GCC, HAS_MAKE, HELPER, HELPER_WORDS, hasProgram, helper, temporaryDirectory } from './helper.js';
import { filesBelow, fill } from './same-files.js';

const LAUNCH = [...HELPER, 'launch', '--'];
const LAUNCH_WORDS = `${HELPER_WORDS} launch --`;

/** `l.c` alone includes `l.h`. */
const PROJECT = {
  'l.h': '#define L 1\n',
  'e.h': '#define E 1\n',
  'l.c': '#include "l.h"\nint l(void) { return L; }\n',
  'e.c': '#include "e.h"\nint l(void);\nint main(void) { return l() + E; }\n',
  'CMakeLists.txt': `cmake_minimum_required(VERSION 3.21)
project(p C)
add_library(l STATIC l.c)
add_executable(e e.c)
target_link_libraries(e l)
`,
  'meson.build': `project('p', 'c')
l = static_library('l', 'l.c')
executable('e', 'e.c', link_with: l)
`,
  Makefile: `CC = ${LAUNCH_WORDS} cc
AR = ${LAUNCH_WORDS} ar
CFLAGS = -MMD
e: e.o libl.a
\t@echo e
\t@$(CC) e.o libl.a -o $@
libl.a: l.o
\t@echo libl.a
\t@$(AR) rcs $@ $?
%.o: %.c
\t@echo $@
\t@$(CC) $(CFLAGS) -c $< -o $@
-include e.d l.d
`,
};

function run(cwd: string, argv: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  const [program = '', ...rest] = argv;
  return execFileSync(program, rest, { cwd, env, encoding: 'utf8', stdio: 'pipe' });
}

/** Builds, builds again, changes the header of one source, and builds: exactly what hangs on it is made anew. */
function buildsIncrementally(
  project: string,
  build: readonly string[],
  done: RegExp,
  made: RegExp,
  program: string,
): void {
  run(project, build);
  expect(run(project, build)).toMatch(done);
  execFileSync('sh', ['-c', 'sleep 0.05; echo "#define L 41" > l.h'], { cwd: project });
  const [names, expected] = [run(project, build).match(new RegExp(made, 'gm')), ['l.c.o', 'libl.a', 'e']];
  expect(names?.map((name) => name.replace(/^.* (\S*\/)?/, '').replace(/^l\.o$/, 'l.c.o'))).toEqual(expected);
  expect(() => run(project, [program])).toThrow(expect.objectContaining({ status: 42 }));
  expect(run(project, build)).toMatch(done);
  expect(Object.keys(filesBelow(project)).filter((name) => /\.tmp($|-)/.test(name))).toEqual([]);
}

describe('an incremental build through launch', () => {
  const missing = !HAS_CC || !hasProgram('cmake') || !hasProgram('ninja');
  test.skipIf(missing)('by CMake and Ninja (needs cc, cmake, ninja)', () => {
    const project = join(temporaryDirectory(), 'p');
    fill(project, PROJECT);
    const launcher = LAUNCH.join(';');
    const names = ['CMAKE_C_COMPILER_LAUNCHER', 'CMAKE_C_LINKER_LAUNCHER'];
    const options = names.map((name) => `-D${name}=${launcher}`);
    run(project, ['cmake', '-S', '.', '-B', 'b', '-G', 'Ninja', ...options]);
    buildsIncrementally(project, ['ninja', '-C', 'b'], /no work to do/, /(?:object|library|executable) \S+/, './b/e');
  });

  test.skipIf(!HAS_CC || !HAS_MAKE || !hasProgram('ar'))('by make with CC and AR (needs cc, make, ar)', () => {
    const project = join(temporaryDirectory(), 'p');
    fill(project, PROJECT);
    buildsIncrementally(project, ['make'], /up to date/, /^(?:l\.o|e\.o|libl\.a|e)$/m, './e');
  });

  test.skipIf(!HAS_GCC || !hasProgram('meson') || !hasProgram('ninja'))('by Meson (needs gcc, meson, ninja)', () => {
    const project = join(temporaryDirectory(), 'p');
    const words = (...more: string[]): string => [...LAUNCH, ...more].map((word) => `'${word}'`).join(', ');
    fill(project, { ...PROJECT, 'native.ini': `[binaries]\nc = [${words('gcc')}]\nar = [${words('gcc-ar')}]\n` });
    run(project, ['meson', 'setup', '--native-file', 'native.ini', 'b']);
    buildsIncrementally(project, ['ninja', '-C', 'b'], /no work to do/, /(?:object|target) \S+/, './b/e');
  });
});

describe('behind launch', () => {
  const SOURCE = { 'a.c': '#include "a.h"\nint a(void) { return A; }\n', 'a.h': '#define A 1\n' };

  test.skipIf(!HAS_GCC || !hasProgram('ccache')).each([['-MD'], ['-g', '-gsplit-dwarf'], ['--coverage']])(
    'ccache finds what it has compiled before, with %s (needs gcc, ccache)',
    async (...options) => {
      const directory = temporaryDirectory();
      const project = join(directory, 'p');
      const env = { ...process.env, CCACHE_DIR: join(directory, 'cache'), CCACHE_STATSLOG: join(directory, 'stats') };
      const results: Record<string, string>[] = [];
      for (let round = 0; round < 3; round++) {
        fill(project, SOURCE);
        // Ccache does not trust a header that is as new as its own start.
        execFileSync('touch', ['-d', '2020-01-01', join(project, 'a.h'), join(project, 'a.c')]);
        const argv = ['launch', '--strategy=lockdir', '--', 'ccache', 'gcc', ...options, '-c', 'a.c', '-o', 'a.o'];
        expect(await helper(argv, { cwd: project, env })).toEqual({ end: 0, stdout: '', stderr: '' });
        results.push(filesBelow(project));
      }
      expect(readFileSync(env.CCACHE_STATSLOG, 'utf8').match(/^direct_cache_hit$/gm)).toHaveLength(2);
      expect(results[2]).toEqual(results[0]);
    },
  );

  test.skipIf(!HAS_GCC || !hasProgram('distcc'))('distcc writes the same (needs gcc, distcc)', async () => {
    const directory = temporaryDirectory();
    const project = join(directory, 'p');
    const env = { ...process.env, DISTCC_HOSTS: 'localhost', DISTCC_DIR: directory };
    fill(project, SOURCE);
    const argv = ['distcc', 'gcc', '-MD', '-g', '-c', 'a.c', '-o', 'a.o'];
    run(project, argv, env);
    const alone = filesBelow(project);
    fill(project, SOURCE);
    const ended = await helper(['launch', '--strategy=lockdir', '--', ...argv], { cwd: project, env });
    expect(ended).toEqual({ end: 0, stdout: '', stderr: '' });
    expect(filesBelow(project)).toEqual(alone);
  });
});
