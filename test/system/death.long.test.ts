import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../support/until.js';
import type { World } from '../support/world.js';
import { shapeOf, stagelock, start } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

/** A world in which a run of `main` was killed in its build, the command of which goes on until `finish`. */
async function killed(): Promise<World> {
  const world = await worlds.built();
  world.commit(1);
  const run = await worlds.building(world, 'main');
  run.kill('SIGKILL');
  expect(await run.ended).toMatchObject({ signal: 'SIGKILL' });
  return world;
}

describe('after a run was killed', () => {
  test('the next one stops with 75: what was going on, its log, who it was, and the command to clear it', async () => {
    const world = await killed();
    const next = await stagelock(world, ['run', 'main']);
    expect(next).toMatchObject({ code: 75, stdout: '' });
    expect(shapeOf(next.stderr, world)).toEqual([
      'stagelock: main: not run, because an earlier run died and left its locks.',
      '  ROOT/main/Testing/Temporary/build: stage build of main, held by pid PID of USER on HOST (dead: its process no longer exists; acquired AGO)',
      '    log: ROOT/main/Testing/Temporary/LastBuild_STAMP.log',
      '  ROOT/main/Testing/Temporary/running: run of main, held by pid PID of USER on HOST (dead: its process no longer exists; acquired AGO)',
      '  Find out what happened. The locks stay until you clear them: stagelock --config ROOT/stagelock.toml unlock main',
    ]);
    expect(world.lockFiles('main')).toEqual(['build', 'running']);
  });

  test('unlock refuses while its commands survive, names them, and clears after they have ended', async () => {
    const world = await killed();
    const refused = await stagelock(world, ['unlock', 'main', '--yes']);
    expect(refused.code).toBe(75);
    expect(refused.stderr).toMatch(
      /main: left as it is, because processes of its run are still alive:\n(.*\n)* {2}process \d+ of .*: .*\/bear-witness /,
    );
    expect(world.lockFiles('main')).toEqual(['build', 'running']);
    worlds.finish(world);
    await worlds.idle(world);
    const cleared = await stagelock(world, ['unlock', 'main', '--yes']);
    expect(cleared).toMatchObject({ code: 0, stderr: '' });
    const [build, running] = ['build', 'running'].map((name) => join(world.temporary('main'), name));
    expect(cleared.stdout).toMatch(new RegExp(`removed ${build}\nremoved ${running}\n$`));
    expect(await stagelock(world, ['run', 'main'])).toMatchObject({ code: 0, stderr: '' });
  });

  test('unlock --force clears while its commands survive', async () => {
    const world = await killed();
    expect(await stagelock(world, ['unlock', 'main', '--yes', '--force'])).toMatchObject({ code: 0, stderr: '' });
    expect(world.lockFiles('main')).toEqual([]);
  });

  test('unlock without a terminal and without --yes shows the end of the log, and does nothing', async () => {
    const world = await killed();
    worlds.finish(world);
    await worlds.idle(world);
    const ended = await stagelock(world, ['unlock', 'main']);
    expect(ended.code).toBe(2);
    expect(ended.stdout).toMatch(/ {4}\| \[stagelock\] .* build of main/);
    expect(ended.stderr).toBe(
      `stagelock: main: nothing was removed, because there is no terminal to ask for confirmation; after a look: stagelock --config ${world.configFile} unlock main --yes\n`,
    );
    expect(world.lockFiles('main')).toEqual(['build', 'running']);
  });

  test('its locks are found, shown and cleared although its stage was renamed since', async () => {
    const world = await killed();
    worlds.finish(world);
    await worlds.idle(world);
    writeFileSync(world.configFile, readFileSync(world.configFile, 'utf8').replace('stages.build]', 'stages.compile]'));
    const status = await stagelock(world, ['status', 'main']);
    expect(status.stdout).toMatch(
      /^main \(primary\): left locks behind\n {2}\S+\/build: stage build of main, held by pid /,
    );
    expect((await stagelock(world, ['unlock', 'main', '--yes'])).stdout).toContain(
      `removed ${join(world.temporary('main'), 'build')}\n`,
    );
    expect(world.lockFiles('main')).toEqual([]);
  });
});

test('a secondary that was killed keeps its primary from updating until a person clears it', async () => {
  const world = await worlds.built();
  const run = await worlds.building(world, 's1');
  run.kill('SIGKILL');
  await run.ended;
  worlds.finish(world);
  await worlds.idle(world);
  world.commit(1);
  const primary = await stagelock(world, ['run', 'main']);
  expect(primary.code).toBe(75);
  expect(shapeOf(primary.stderr, world)).toEqual([
    'stagelock: main: not updated and not built, because secondaries are still building from ROOT/source.',
    '  ROOT/main/Testing/Temporary/running.s1: run of s1, held by pid PID of USER on HOST (dead: its process no longer exists; acquired AGO)',
    '  Find out what happened. The locks stay until you clear them: stagelock --config ROOT/stagelock.toml unlock s1',
  ]);
  expect(await stagelock(world, ['unlock', 's1', '--yes'])).toMatchObject({ code: 0, stderr: '' });
  const over = expect.stringMatching(/^stagelock: main: runs again\. The problem of [\d-]+ [\d:]+ \S+ is over\.\n$/);
  expect(await stagelock(world, ['run', 'main'])).toMatchObject({ code: 0, stderr: over });
  expect(await stagelock(world, ['run', 's1'])).toMatchObject({ code: 0, stderr: '' });
});

test('unlock of an update that was killed says that the source may be half updated', async () => {
  const world = await worlds.built();
  const run = await worlds.updating(world);
  run.kill('SIGKILL');
  await run.ended;
  worlds.finish(world);
  await worlds.idle(world);
  const { stdout } = await stagelock(world, ['unlock', 'main', '--yes']);
  expect(stdout).toContain(`The update was interrupted: ${world.source} may be half updated.`);
  expect(stdout).toMatch(/removed \S+\/update\nremoved \S+\/running\n$/);
});

test('unlock refuses while the run is alive, and --force takes its locks away, which the run then tells', async () => {
  const world = await worlds.built();
  world.commit(1);
  const run = await worlds.building(world, 'main');
  const refused = await stagelock(world, ['unlock', 'main', '--yes']);
  expect(refused.code).toBe(75);
  expect(refused.stderr).toMatch(/ {2}process \d+ of .*, run of main: .* run main\n/);
  expect(refused.stderr).not.toContain('--force');
  expect(world.lockFiles('main')).toEqual(['build', 'running']);
  expect((await stagelock(world, ['unlock', 'main', '--yes', '--force'])).code).toBe(0);
  worlds.finish(world);
  const { code, stderr } = await run.ended;
  expect(code).toBe(0);
  expect(stderr).toMatch(/main: \S+\/running was removed by force while this run held it/);
});

test.for(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '%s ends the command of the stage, and the locks stay',
  async (signal) => {
    const world = await worlds.built();
    world.commit(1);
    const run = await worlds.building(world, 'main');
    run.kill(signal);
    const ended = await run.ended;
    // A closed terminal is an end by that signal; a shell shows 128 + N in both cases.
    const number = { SIGINT: 2, SIGTERM: 15, SIGHUP: undefined }[signal];
    if (number === undefined) expect(ended.signal).toBe('SIGHUP');
    else expect(ended.code).toBe(128 + number);
    expect(ended.stderr).toMatch(
      /^stagelock: main: interrupted\. Its locks stay \(\S+\/running, \S+\/build\), .*unlock main\n$/,
    );
    expect(world.lockFiles('main')).toEqual(['build', 'running']);
    expect(await stagelock(world, ['unlock', 'main', '--yes'])).toMatchObject({ code: 0, stderr: '' });
  },
);

test('a run renews the time stamps of its locks while it lives', async () => {
  const world = await worlds.built();
  world.commit(1);
  // 30 seconds are long: in this program, and only here, every timer of 30 s beats each 50 ms.
  const fast =
    'const real = setInterval; globalThis.setInterval = (f, ms, ...more) => real(f, ms === 30000 ? 50 : ms, ...more);';
  const run = start(world, ['run', 'main'], {
    node: ['--import', `data:text/javascript,${encodeURIComponent(fast)}`],
    environment: { WORK: 'sleep 30' },
  });
  const locks = ['running', 'build'].map((name) => join(world.temporary('main'), name));
  await until('the build stage', () => world.lockFiles('main').includes('build'));
  const longAgo = new Date(Date.now() - 3_600_000);
  for (const lock of locks) utimesSync(lock, longAgo, longAgo);
  await until('a heartbeat', () => locks.every((lock) => statSync(lock).mtimeMs > Date.now() - 60_000));
  run.kill('SIGTERM');
  await run.ended;
  for (const lock of locks) utimesSync(lock, longAgo, longAgo);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(locks.filter((lock) => statSync(lock).mtimeMs > Date.now() - 60_000)).toEqual([]);
});
