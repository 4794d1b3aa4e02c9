import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { World } from '../support/world.js';
import { type Ended, stagelock } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
const hasCmake = spawnSync('cmake', ['--version']).status === 0;
afterEach(() => worlds.remove());

describe('the command line', () => {
  test.for([[], ['run'], ['status'], ['unlock'], ['check'], ['init']])(
    '%j --help goes to stdout and is no error',
    async (command) => {
      const ended = await stagelock(worlds.make(), [...command, '--help']);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(ended.stdout).toMatch(new RegExp(`^Usage: stagelock ${[...command, ''].join(' ')}\\[options\\]`));
    },
  );

  test.for([
    { args: [], says: /^Usage: stagelock / },
    { args: ['rum'], says: /^stagelock: unknown command 'rum'\n\(Did you mean run\?\)/ },
    { args: ['run', '--fast'], says: /^stagelock: unknown option '--fast'\n\(for help: stagelock --help\)\n$/ },
    { args: ['run', 'main', 's1'], says: /^stagelock: too many arguments for 'run'/ },
    { args: ['run'], says: /^stagelock: say which build is meant: \S+\/stagelock\.toml defines main, s1\n$/ },
    { args: ['run', 'mian'], says: /^stagelock: there is no build "mian"; did you mean `main`\?/ },
    { args: ['status', 'mian'], says: /^stagelock: there is no build "mian"/ },
    { args: ['unlock', 'mian'], says: /^stagelock: there is no build "mian"/ },
    { args: ['--config', '/nowhere.toml', 'run', 'main'], says: /\/nowhere\.toml: there is no such file/ },
    { args: ['init', '--name', 'x.lock'], says: /^stagelock: "x\.lock" is not a build name: / },
  ])('$args is refused with 2 and a word of what is meant', async ({ args, says }) => {
    const ended = await stagelock(worlds.make(), args);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(says);
  });
});

describe('check', () => {
  test('names the builds of a good file', async () => {
    const world = worlds.make();
    expect(await stagelock(world, ['check'])).toEqual({
      code: 0,
      signal: null,
      stdout: `${world.configFile}: good; main (primary), s1 (secondary)\n`,
      stderr: '',
    });
  });

  test('tells every mistake at once, with file, line, key and what was expected', async () => {
    const world = worlds.make();
    breakConfig(world);
    const ended = await stagelock(world, ['check']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    const at = `${world.configFile}:`;
    const problems = ended.stderr.trimEnd().split('\n');
    expect(problems.filter((line) => !/^\d+: [\w.]+: \S/.test(line.replace(at, '')))).toEqual([]);
    expect(ended.stderr).toMatch(/: defaults\.grace: found "soon", expected a number of seconds or a duration/);
    expect(ended.stderr).toMatch(/: builds\.s1\.primary: there is no build "mian"; did you mean `main`\?/);
    expect(ended.stderr).toMatch(/: builds\.main\.update\.brnach: unknown key `brnach`; did you mean `branch`\?/);
    const json = JSON.parse((await stagelock(world, ['check', '--json'])).stdout);
    expect(json.problems).toHaveLength(problems.length);
    expect(json.problems).toContainEqual(
      expect.objectContaining({ path: 'builds.s1.primary', file: world.configFile }),
    );
  });

  test('and a run with such a file tells the same, and makes nothing', async () => {
    const world = worlds.make();
    breakConfig(world);
    const check = await stagelock(world, ['check']);
    const run = await stagelock(world, ['run', 'main']);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(
      run.stderr
        .split('\n')
        .slice(1)
        .map((line) => line.trim()),
    ).toEqual(check.stderr.split('\n'));
    expect(() => world.lockFiles('main')).toThrow(/ENOENT/);
  });
});

describe('init', () => {
  test.skipIf(!hasCmake)(
    'writes a file for an existing CMake project that check finds good and run can run (needs cmake)',
    async () => {
      const world = worlds.make();
      writeFileSync(join(world.source, 'CMakeLists.txt'), 'project(example NONE)\n');
      const ended = await init(world, ['--source', 'source', '--build', 'b/gcc']);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      const config = ['--config', join(world.root, 'new', 'stagelock.toml')];
      expect(ended.stdout).toContain(`\n  stagelock ${config.join(' ')} run gcc\n`);
      expect(await stagelock(world, [...config, 'check'])).toMatchObject({ code: 0, stderr: '' });
      expect(readFileSync(config[1] ?? '', 'utf8')).toMatch(
        /\[defaults\.stages\.configure\]\nshell = 'cmake -S "\$STAGELOCK_SOURCE"/,
      );
    },
  );

  test('leaves a file that exists as it is', async () => {
    const world = worlds.make();
    await init(world, ['--source', 'source', '--build', 'b']);
    const file = join(world.root, 'new', 'stagelock.toml');
    writeFileSync(file, 'mine');
    const again = await init(world, ['--source', 'source', '--build', 'b']);
    expect(again.code).toBe(2);
    expect(again.stderr).toBe(`stagelock: ${file} exists already and was left unchanged; --stdout prints a new one\n`);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  test('refuses a source that is not there', async () => {
    const world = worlds.make();
    const ended = await init(world, ['--source', 'sauce', '--build', 'b']);
    expect(ended).toMatchObject({
      code: 2,
      stderr: `stagelock: --source: there is no directory ${world.root}/sauce\n`,
    });
  });
});

test('status of builds that do nothing is a line or two for each, and the same in JSON', async () => {
  const world = await worlds.built();
  expect((await stagelock(world, ['status'])).stdout).toMatch(
    /^main \(primary\): idle.*\n(?: {2}last .*\n)*s1 \(secondary\): idle.*\n(?: {2}last .*\n)*$/,
  );
  expect(JSON.parse((await stagelock(world, ['status', '--json'])).stdout)).toEqual({
    project: 'world',
    builds: [
      {
        ...{ build: 'main', role: 'primary', locks: [], waitsFor: [], undelivered: { count: 0, bytes: 0 }, owes: 0 },
        past: {
          last: expect.objectContaining({ result: 'done' }),
          judged: expect.objectContaining({ result: 'done' }),
          passed: expect.objectContaining({ result: 'done' }),
        },
      },
      { build: 's1', role: 'secondary', locks: [], waitsFor: [], undelivered: { count: 0, bytes: 0 }, past: {} },
    ],
    schedulers: [],
    events: [],
  });
});

test('unlock with nothing to clear says so', async () => {
  expect(await stagelock(await worlds.built(), ['unlock', 'main'])).toMatchObject({
    code: 0,
    stdout: 'main: no locks\n',
    stderr: '',
  });
});

function breakConfig(world: World): void {
  const good = readFileSync(world.configFile, 'utf8');
  const broken = good
    .replace('grace = "1 s"', 'grace = "soon"')
    .replace('primary = "main"', 'primary = "mian"')
    .replace('branch', 'brnach');
  writeFileSync(world.configFile, broken);
}

function init(world: World, args: readonly string[]): Promise<Ended> {
  const directory = join(world.root, 'new');
  mkdirSync(directory, { recursive: true });
  return stagelock(world, ['--config', join(directory, 'stagelock.toml'), 'init', ...args]);
}
