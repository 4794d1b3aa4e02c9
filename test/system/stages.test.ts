import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { World } from '../support/world.js';
import { isRunning, stagelock } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

/** A primary with a stage `first` before its build, and `last` after it. */
function stages(first: string, primary = ''): World {
  return worlds.make({
    defaults: `[defaults.stages.first]\n${first}`,
    primary: `${primary}\n[builds.main.stages.last]\nshell = "echo last"`,
  });
}

const stagesThatRan = (stdout: string): string[] =>
  [...stdout.matchAll(/ main: (\w+) \.\.\./g)].map(([, name]) => name ?? '');

describe('a failing stage', () => {
  test('ends the run with 1, a message with its log, and no locks', async () => {
    const world = stages('shell = "echo out; echo err >&2; exit 3"');
    const ended = await stagelock(world, ['run', 'main']);
    expect(ended.code).toBe(1);
    expect(stagesThatRan(ended.stdout)).toEqual(['first']);
    const log = logOf(world, 'First');
    expect(ended.stderr).toMatch(
      /^stagelock: main: first failed with exit code 3 after \d+ ms\n {4}out\n {4}err\n {2}log: .*\n/,
    );
    expect(ended.stderr).toContain(`  log: ${log}\n`);
    expect(world.lockFiles('main')).toEqual([]);
  });

  test('lets the later stages run with on_failure = "continue", and the run still ends with 1', async () => {
    const world = stages('shell = "exit 3"\non_failure = "continue"');
    const ended = await stagelock(world, ['run', 'main']);
    expect(ended.code).toBe(1);
    expect(stagesThatRan(ended.stdout)).toEqual(['first', 'build', 'last']);
    expect(ended.stdout).toMatch(/: failed\n$/);
  });

  test('that died of a signal says of which', async () => {
    const world = stages('shell = "kill -SEGV $$"');
    const ended = await stagelock(world, ['run', 'main']);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/main: first died of SIGSEGV after/);
  });

  test('whose program is not in the PATH is reported together with the PATH', async () => {
    const world = stages('command = ["no-such-program"]');
    const ended = await stagelock(world, ['run', 'main']);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(
      `first cannot start no-such-program in ${world.build('main').directory}: there is no such program in PATH=${world.environment['PATH']}\n`,
    );
  });

  test('whose directory is missing does not blame the program', async () => {
    const world = stages('command = ["sh", "-c", ":"]\ndirectory = "nowhere"');
    const ended = await stagelock(world, ['run', 'main']);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(
      `cannot start sh in ${world.build('main').directory}/nowhere: there is no such directory\n`,
    );
  });
});

test('a stage past its time limit is ended with everything that it started, also what ignores TERM', async () => {
  const stubborn = `(trap "" TERM; echo $(exec sh -c 'echo $PPID') >> pids; while :; do sleep 0.1; done) &`;
  const world = stages(`shell = '''${stubborn} ${stubborn} sleep 60'''\ntimeout = "300 ms"\ngrace = "200 ms"`);
  const ended = await stagelock(world, ['run', 'main']);
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/^stagelock: main: first was ended after its time limit of 300 ms\n {2}log: /);
  const pids = readFileSync(join(world.build('main').directory, 'pids'), 'utf8')
    .trim()
    .split('\n')
    .map(Number);
  expect(pids).toHaveLength(2);
  expect(pids.filter(isRunning)).toEqual([]);
  expect(world.lockFiles('main')).toEqual([]);
});

test('a stage finds the build in its environment, and what is configured for it', async () => {
  const world = stages(`shell = "env"\nenvironment = { MINE = "of the stage" }`, 'model = "Nightly"');
  expect((await stagelock(world, ['run', 'main'])).code).toBe(0);
  const log = readFileSync(logOf(world, 'First'), 'utf8');
  const environment = Object.fromEntries(log.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
  const [tag = ''] = readFileSync(join(world.build('main').directory, 'Testing', 'TAG'), 'utf8').split('\n');
  expect(environment).toMatchObject({
    STAGELOCK_BUILD: 'main',
    STAGELOCK_SOURCE: world.source,
    STAGELOCK_BUILD_DIR: world.build('main').directory,
    STAGELOCK_STAGE: 'first',
    STAGELOCK_MODEL: 'Nightly',
    STAGELOCK_TAG: tag,
    STAGELOCK_BUILDSTAMP: `${tag}-Nightly`,
    STAGELOCK_CTEST: resolve('config/dashboard.cmake'),
    MINE: 'of the stage',
  });
  expect(environment['STAGELOCK_RUN']).toMatch(/^[0-9a-f]{16}$/);
});

test('the log of a stage has its command, what it wrote, and how it ended', async () => {
  const world = stages('command = ["sh", "-c", "echo out; echo err >&2; cat"]');
  expect((await stagelock(world, ['run', 'main'])).code).toBe(0);
  const lines = readFileSync(logOf(world, 'First'), 'utf8')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\d{8}-\d{4}-/, 'STAMP-')
    .replace(/after \d+\.\d s/, 'after N s')
    .split('\n');
  expect(lines).toEqual([
    '[stagelock] TIME first of main, STAMP-Continuous',
    `[stagelock] in ${world.build('main').directory}: ["sh","-c","echo out; echo err >&2; cat"]`,
    'out',
    'err',
    '[stagelock] TIME passed after N s',
    '',
  ]);
});

test('the next run shows how long a stage is expected to take', async () => {
  const world = stages('shell = "sleep 0.3"');
  expect((await stagelock(world, ['run', 'main'])).stdout).toMatch(/: first \.\.\.\n/);
  world.commit(1);
  expect((await stagelock(world, ['run', 'main'])).stdout).toMatch(/: first \.\.\. \(of about 3\d\d ms\)\n/);
});

function logOf(world: World, stage: string): string {
  const [name, ...more] = readdirSync(world.temporary('main')).filter((file) => file.startsWith(`Last${stage}_`));
  if (name === undefined || more.length > 0) throw new Error(`logs of ${stage}: ${name} ${more}`);
  expect(name).toMatch(new RegExp(`^Last${stage}_\\d{8}-\\d{4}\\.log$`));
  return join(world.temporary('main'), name);
}
