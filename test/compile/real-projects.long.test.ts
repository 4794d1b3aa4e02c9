import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import { debianSource } from './debian-source.js';
import { HAS_GCC, HAS_MAKE, HELPER_WORDS, hasProgram, temporaryDirectory } from './helper.js';
import { filesBelow } from './same-files.js';

/** A program from Debian's archive, and how it is built; all commands run in its source. */
interface RealProject {
  readonly name: string;
  readonly needs: readonly string[];
  /** @param launcher a program that stands before the compiler */
  readonly configure: (launcher: string) => readonly string[];
  /** The target of make that compiles one source, by the object that a whole build has left. */
  readonly targetOf: (object: string) => string | undefined;
  /** Has times in it. */
  readonly differs: RegExp;
}

const PROJECTS: readonly RealProject[] = [
  {
    name: 'hello',
    needs: [],
    // With dependency tracking, automake renames dependency files beside the compile: two at once are in each other's way.
    configure: (launcher) => [
      'sh',
      './configure',
      '--quiet',
      '--disable-nls',
      '--disable-dependency-tracking',
      `CC=${launcher} gcc`,
    ],
    targetOf: (object) => (/^(lib|src)\/.*\.o$/.test(object) ? object : undefined),
    differs: /^$/,
  },
  {
    name: 'jansson',
    needs: ['cmake'],
    configure: (launcher) => [
      'cmake',
      '-DJANSSON_BUILD_DOCS=OFF',
      '-DJANSSON_WITHOUT_TESTS=ON',
      '-DCMAKE_BUILD_TYPE=Debug',
      `-DCMAKE_C_COMPILER_LAUNCHER=${launcher}`,
      '.',
    ],
    targetOf: (object) => /^CMakeFiles\/jansson\.dir\/(src\/.*\.)c\.o$/.exec(object)?.[1]?.concat('o'),
    differs: /^CMakeFiles\/Progress\//,
  },
];

/** The sanitizers would find nothing here that they do not find elsewhere, in twice the time. */
const isSanitized = HELPER_WORDS.includes('sanitized');

describe.skipIf(!HAS_GCC || !HAS_MAKE || isSanitized)('a project from the archive of Debian (needs gcc, make)', () => {
  for (const project of PROJECTS)
    test(`${project.name}: compiled by two at once in one directory, each file is as without the helper`, async (context) => {
      const place = prepare(project, context);
      const { tree, launcher } = place;
      const make = (...words: string[]) => ended('make', ['-s', '-j2', ...words], tree);

      write(launcher, 'exec "$@"');
      expect(await make()).toEqual({ code: 0, said: expect.anything() });
      // The second build reads the dependencies that the first one has found.
      expect(await make()).toEqual({ code: 0, said: expect.anything() });
      const plain = filesBelow(tree);
      const objects = Object.keys(plain).filter((file) => project.targetOf(file) !== undefined);
      expect(objects.length).toBeGreaterThan(5);

      write(launcher, `exec ${HELPER_WORDS} launch -- "$@"`);
      for (const file of Object.keys(plain)) if (/(\.o|\.a|\/hello)$/.test(file)) rmSync(join(tree, file));
      // Only the objects: who archives or links removes first what another one may just read, whoever compiles.
      const targets = objects.flatMap((object) => project.targetOf(object) ?? []);
      const both = await Promise.all([make(...targets), make(...targets)]);
      expect(both).toEqual([0, 0].map((code) => ({ code, said: expect.anything() })));
      expect(await make()).toEqual({ code: 0, said: expect.anything() });
      const launched = filesBelow(tree);

      const isOurs = (file: string): boolean => file.endsWith('.lock') || file.includes('/.made-once/');
      const names = (files: Readonly<Record<string, string>>): string[] =>
        Object.keys(files).filter((file) => !project.differs.test(file) && !isOurs(file));
      expect(names(launched)).toEqual(names(plain));
      expect(names(plain).filter((file) => plain[file] !== launched[file])).toEqual([]);
    }, 300_000);
});

/** The source, configured with a launcher that is yet to be written; the test is skipped when it cannot be had. */
function prepare({ name, needs, configure }: RealProject, { skip }: TestContext) {
  if (!needs.every(hasProgram)) skip(`${needs.join(', ')} is missing`);
  const directory = temporaryDirectory();
  const source = debianSource(name, directory);
  if ('why' in source) return skip(source.why);
  const launcher = join(directory, 'launcher');
  write(launcher, 'exec "$@"');
  const [program = '', ...words] = configure(launcher);
  execFileSync(program, words, { cwd: source.tree, stdio: 'pipe' });
  return { tree: source.tree, launcher };
}

function write(script: string, command: string): void {
  writeFileSync(script, `#!/bin/sh\n${command}\n`);
  chmodSync(script, 0o755);
}

/** Runs a program to its end, with what it said. */
function ended(program: string, args: readonly string[], cwd: string): Promise<{ code: number | null; said: string }> {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '-';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      said += text;
    });
  }
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => done({ code, said }));
  });
}
