import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadProject, type Project } from '../../src/index.js';
import { environment, makeRepository, missingFor } from '../updates/systems/repositories.js';
import { missing, Running, STAGELOCK } from './programs.js';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'stagelock-init-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const bare: NodeJS.ProcessEnv = { ...environment, STAGELOCK_CONFIG: undefined };

const CMAKE = `cmake_minimum_required(VERSION 3.10)
project(example NONE)
add_custom_target(it ALL COMMAND \${CMAKE_COMMAND} -E copy \${CMAKE_SOURCE_DIR}/a made)
`;

const PROJECTS = {
  cmake: {
    files: {
      'CMakeLists.txt': CMAKE,
    },
    needs: ['cmake', 'make'],
    product: 'made',
    found: 'built with CMake',
  },
  presets: {
    files: {
      'CMakeLists.txt': CMAKE,
      'CMakePresets.json': JSON.stringify({
        version: 3,
        configurePresets: [
          { name: 'hidden', hidden: true, generator: 'Unix Makefiles', binaryDir: `\${sourceDir}/out` },
          { name: 'elsewhere', inherits: 'hidden', condition: false },
          { name: 'first', inherits: 'hidden' },
          { name: 'my-debug', inherits: 'hidden' },
        ],
      }),
    },
    needs: ['cmake', 'make'],
    product: 'made',
    found: 'built with CMake (presets first, my-debug)',
  },
  make: {
    files: { Makefile: 'made: a\n\tcp a made\ncheck: made\n\tcmp a made\n' },
    needs: ['make'],
    product: undefined,
    found: 'built with make, in the source tree',
  },
  configure: {
    files: { configure: `#!/bin/sh\nprintf 'made:\\n\\tcp "%s" made\\ncheck:\\n' "\${0%/*}/a" > Makefile\n` },
    needs: ['make'],
    product: 'made',
    found: 'built with its configure script and make',
  },
  meson: {
    files: {
      'meson.build':
        "project('example')\ncustom_target('it', input: 'a', output: 'made', command: ['cp', '@INPUT@', '@OUTPUT@'], build_by_default: true)\n",
    },
    needs: ['meson', 'ninja'],
    product: 'made',
    found: 'built with Meson',
  },
} as const;

/** A checkout of a new repository that has the files of a project, called `example`. */
function checkout(system: 'git' | 'svn' | 'hg' | 'cvs', kind: keyof typeof PROJECTS, directory = 'example'): string {
  const store = join(root, 'repository');
  mkdirSync(store);
  const repository = makeRepository(system, store);
  repository.commit({ log: 'first', write: { a: 'one\n', ...PROJECTS[kind].files } });
  const clone = join(root, directory);
  repository.clone(clone);
  if (kind === 'configure') spawnSync('chmod', ['+x', join(clone, 'configure')]);
  return clone;
}

function stagelock(cwd: string, ...args: string[]) {
  return spawnSync(process.execPath, [STAGELOCK, ...args], { cwd, encoding: 'utf8', env: bare });
}

function atTerminal(cwd: string, ...args: string[]): Running {
  const command = ['exec', process.execPath, STAGELOCK, ...args].join(' ');
  return new Running(
    spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
      cwd,
      env: { ...bare, TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'pipe'],
    }),
  );
}

const QUESTIONS = ['Source', 'Name of', 'Directory for', 'A second', 'Address for', 'Interval of'] as const;

/** Answers the questions, each when it is there. */
async function answer(running: Running, answers: Partial<Record<(typeof QUESTIONS)[number], string>>, until?: string) {
  for (const question of QUESTIONS) {
    await running.untilOutput(new RegExp(`${question}[^\\n]*\\]: [^\\n]*$`), 20_000);
    if (question === until) return;
    running.type(`${answers[question] ?? ''}\r`);
    if (question === 'Directory for' && running.output.includes('in the source tree')) {
      await running.untilOutput(/Address for/, 20_000);
    }
  }
}

function projectIn(directory: string): Project {
  const loaded = loadProject(join(directory, 'stagelock.toml'), { hostname: 'host' });
  if (loaded.kind !== 'loaded') throw new Error(JSON.stringify(loaded.problems));
  return loaded.project;
}

const CASES = [
  ['git', 'cmake'],
  ['git', 'presets'],
  ['svn', 'make'],
  ['hg', 'meson'],
  ['git', 'configure'],
  ['cvs', 'make'],
] as const;

describe.each(CASES)('in a checkout of %s with %s', (system, kind) => {
  const { needs, product, found } = PROJECTS[kind];
  const lacks = [...missingFor(system), ...needs.filter((tool) => missing(tool) !== undefined)];
  const it = test.skipIf(lacks.length > 0);
  const why = lacks.length === 0 ? '' : ` (needs ${lacks.join(', ')})`;

  it(`Enter to all questions writes a file that check finds good and a run builds, also when all was moved${why}`, async () => {
    const source = checkout(system, kind);
    const running = atTerminal(source, 'init');
    for (let asked = 0; !/^wrote /m.test(running.output) && asked < 8; asked++) {
      await running.untilOutput(/\]: [^\n]*$|^wrote /m, 20_000);
      const before = running.output.length;
      running.type('\r');
      await running.untilOutput(new RegExp(`^[^]{${before + 1}}[^]*(?:\\]: |wrote )`), 20_000);
    }
    const { code } = await running.ended;
    expect(running.output).toContain(found);
    expect(running.output).toMatch(new RegExp(`updated with ${system}`));
    expect(running.output).toMatch(/stagelock\.toml: good; example \(primary\)\r?\n/);
    expect(running.output).toMatch(/^ {2}stagelock run example\r?$/m);
    expect(running.output).toMatch(/^ {2}\*\/10 \* \* \* \* {2}exec .* run example >>.*\/example\.log\r?$/m);
    expect(code).toBe(0);

    expect(projectIn(source).builds.get('example')).toMatchObject({ source, update: { type: system } });
    expect(readFileSync(join(source, 'stagelock.toml'), 'utf8')).not.toContain(root);
    expect(stagelock(source, 'check')).toMatchObject({ status: 0, stderr: '' });
    expect(stagelock(source, 'run')).toMatchObject({ status: 0, stderr: '' });
    const made = product === undefined ? 'made' : join('builds', 'example', product);
    expect(readFileSync(join(source, made), 'utf8')).toBe('one\n');
    expect(stagelock(source, 'run')).toMatchObject({ status: 0, stdout: '', stderr: '' });

    const moved = join(root, 'moved here');
    renameSync(source, moved);
    // CMake and Meson refuse a build directory that was somewhere else; what stagelock remembers in it stays.
    const build = join(moved, 'builds', 'example');
    for (const name of readdirSync(build).filter((each) => each !== 'Testing'))
      rmSync(join(build, name), { recursive: true });
    rmSync(join(moved, made), { force: true });
    expect(stagelock(moved, 'check')).toMatchObject({ status: 0, stderr: '' });
    expect(stagelock(moved, 'run', '--force')).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(join(moved, made), 'utf8')).toBe('one\n');
  }, 90_000);
});

test('without a terminal nothing is asked, and with --yes at one neither', async () => {
  checkout('git', 'cmake', 'elsewhere');
  const piped = stagelock(root, 'init');
  expect(piped).toMatchObject({ status: 0, stderr: '' });
  expect(piped.stdout).toContain('updated with git, branch main of origin');
  expect(piped.stdout).not.toContain('Enter');
  const text = readFileSync(join(root, 'stagelock.toml'), 'utf8');
  expect(text).toContain('\nsource = "elsewhere"\n');
  expect(projectIn(root).builds.get('example')).toMatchObject({ directory: join(root, 'builds', 'example') });
  rmSync(join(root, 'stagelock.toml'));
  const running = atTerminal(root, 'init', '--yes');
  expect(await running.ended).toMatchObject({ code: 0 });
  expect(running.output).not.toContain('Enter');
  expect(readFileSync(join(root, 'stagelock.toml'), 'utf8')).toBe(text);
}, 60_000);

test('what is answered is written, what cannot be is asked again, and both builds build', async () => {
  const source = checkout('git', 'configure', 'src dir');
  mkdirSync(join(root, 'work'));
  writeFileSync(join(root, 'work', 'file'), '');
  const running = atTerminal(join(root, 'work'), 'init');
  // All at once, as a person pastes it: no line is lost.
  const lines = ['nowhere', '../src dir', 'My project', 'file', '..', '../b', 'maybe', 'yes', 'me', 'me@example.org'];
  running.type(`${[...lines, '7', '2 h'].join('\r')}\r`);
  const { code } = await running.ended;
  for (const problem of [
    `there is no directory ${root}/work/nowhere`,
    `${root}/work/file is a file`,
    'yes or no',
    'expected an address such as name@example.org',
    'cron divides an hour evenly only',
  ])
    expect(running.output).toContain(`  ${problem}`);
  const { name, mail, builds } = projectIn(join(root, 'work'));
  expect({ name, to: mail?.to }).toEqual({ name: 'My project', to: ['me@example.org'] });
  expect([...builds.values()]).toMatchObject([
    { name: 'My-project', source, directory: join(root, 'My-project'), schedule: '0 */2 * * *' },
    { name: 'My-project-debug', role: 'secondary', directory: join(root, 'My-project-debug') },
  ]);
  expect(code === 0 || running.output.includes('no /usr/sbin/sendmail')).toBe(true);
  for (const build of builds.keys()) {
    expect(stagelock(join(root, 'work'), 'run', build).status).toBe(0);
    expect(readFileSync(join(root, build, 'made'), 'utf8')).toBe('one\n');
  }
}, 60_000);

test('a name that would steer the terminal does not, and its source is found', async () => {
  const source = checkout('git', 'make', 'a\u001b[31mb');
  const running = atTerminal(root, 'init');
  rmSync(join(root, 'repository', 'work'), { recursive: true });
  await running.untilOutput(/Source \[a\\x1b\[31mb\]: /, 20_000);
  running.type('\r\r\r\r\r\r');
  await running.ended;
  expect(running.output).not.toContain('\u001b[31m');
  expect([...projectIn(root).builds.values()]).toMatchObject([{ source, name: 'a-31mb' }]);
}, 60_000);

describe.each([
  ['Ctrl-D', '\u0004'],
  ['Ctrl-C', '\u0003'],
])('%s', (_, key) => {
  test.each(QUESTIONS)(
    'at the question "%s" leaves nothing written and says so',
    async (question) => {
      const source = checkout('git', 'cmake');
      const before = readdirSync(root, { recursive: true }).sort();
      const running = atTerminal(source, 'init');
      await answer(running, {}, question);
      running.type(key);
      expect(await running.ended).toMatchObject({ code: 1 });
      expect(running.output).toMatch(/stagelock: nothing was written\r?\n$/);
      expect(readdirSync(root, { recursive: true }).sort()).toEqual(before);
    },
    60_000,
  );
});

test.each(['mine', undefined])('a file that is there (%s) is never overwritten, and nothing is asked', async (text) => {
  const file = join(root, 'stagelock.toml');
  if (text === undefined) spawnSync('ln', ['-s', 'nowhere', file]);
  else writeFileSync(file, text);
  const running = atTerminal(root, 'init');
  expect(await running.ended).toMatchObject({ code: 2 });
  expect(running.output).toContain('exists already and was left unchanged');
  expect(running.output).not.toContain('Enter');
  expect(existsSync(join(root, 'nowhere'))).toBe(false);
  if (text !== undefined) expect(readFileSync(file, 'utf8')).toBe(text);
});

test('a repository without a remote is built as it stands, and the file says how to update it', () => {
  const source = join(root, 'alone');
  mkdirSync(source);
  spawnSync('hg', ['init'], { cwd: source, env: environment });
  writeFileSync(join(source, 'Makefile'), 'all:\n');
  const written = stagelock(source, 'init');
  expect(written).toMatchObject({ status: 0, stderr: '' });
  if (existsSync(join(source, '.hg'))) expect(written.stdout).toContain('not updated: ');
  expect(projectIn(source).builds.get('alone')).toMatchObject({ update: undefined });
});

test('a password in the address of a remote is not shown', () => {
  const source = checkout('git', 'make');
  spawnSync('git', ['remote', 'set-url', 'origin', 'http://ann:secret@127.0.0.1:9/x.git'], {
    cwd: source,
    env: environment,
  });
  const { stdout } = stagelock(source, 'init');
  expect(stdout).toContain('(http://127.0.0.1:9/x.git)');
  expect(stdout).not.toContain('secret');
});
