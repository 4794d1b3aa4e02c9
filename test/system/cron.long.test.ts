import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../support/until.js';
import { shapeOf, stagelock, start } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

const LINE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+: \S/;

describe('under cron', () => {
  test('a normal run needs neither HOME nor USER, writes lines with their time, and nothing to stderr', async () => {
    const world = worlds.make();
    const PATH = world.environment['PATH'] ?? '';
    const ended = await stagelock(world, ['--config', world.configFile, 'run', 'main'], {
      bare: true,
      environment: { PATH },
    });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const lines = ended.stdout.trimEnd().split('\n');
    expect(lines.filter((line) => !LINE.test(line))).toEqual([]);
    expect(lines.map((line) => line.slice(20).replace(/\d+ m?s/g, 'N s'))).toEqual([
      'main: begins',
      'main: update: no new commits',
      'main: build ...',
      'main: build done in N s',
      'main: done',
    ]);
  });

  test('a continuous run without news says nothing at all', async () => {
    const world = await worlds.built();
    expect(await stagelock(world, ['run', 'main'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('with --quiet a run says nothing on stdout', async () => {
    const world = worlds.make();
    expect(await stagelock(world, ['run', '--quiet', 'main'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });
});

describe('two runs of one build', () => {
  test('the second is refused with 75 and tells which files, who, and that it runs', async () => {
    const world = await worlds.built();
    world.commit(1);
    const first = await worlds.building(world, 'main');
    const second = await stagelock(world, ['run', 'main']);
    expect(second).toMatchObject({ code: 75, stdout: '' });
    expect(shapeOf(second.stderr, world)).toEqual([
      'stagelock: main: not run, because an earlier run is still in progress.',
      '  ROOT/main/Testing/Temporary/build: stage build of main, held by pid PID of USER on HOST (running for AGE)',
      '    log: ROOT/main/Testing/Temporary/LastBuild_STAMP.log',
      '  ROOT/main/Testing/Temporary/running: run of main, held by pid PID of USER on HOST (running for AGE)',
      '  If this happens often, the interval between runs is too short. To see what it is doing: stagelock --config ROOT/stagelock.toml status main',
    ]);
    worlds.finish(world);
    expect(await first.ended).toMatchObject({ code: 0, stderr: '' });
    expect(world.lockFiles('main')).toEqual([]);
  });

  test('of several that start at the same moment exactly one runs', async () => {
    const world = await worlds.built();
    world.commit(1);
    const work = { environment: { WORK: 'sleep 1' } };
    const ends = await Promise.all([1, 2, 3].map(() => stagelock(world, ['run', 'main'], work)));
    expect(ends.map(({ code }) => code).sort()).toEqual([0, 75, 75]);
  });
});

describe('a primary', () => {
  test('gives up with 75 and names the secondaries that are building', async () => {
    const world = await worlds.built();
    await worlds.building(world, 's1');
    world.commit(1);
    const ended = await stagelock(world, ['run', 'main']);
    expect(ended).toMatchObject({ code: 75, stdout: '' });
    expect(shapeOf(ended.stderr, world)).toEqual([
      'stagelock: main: not updated and not built, because secondaries are still building from ROOT/source.',
      '  ROOT/main/Testing/Temporary/running.s1: run of s1, held by pid PID of USER on HOST (running for AGE)',
      '  If this happens often, the interval between runs is too short; or let the primary wait: when_secondaries_build = "wait" in ROOT/stagelock.toml',
    ]);
    expect(world.lockFiles('main')).toEqual(['running.s1']);
  });

  test('that waits for its secondaries begins its update when the last one has left, without a warning', async () => {
    const world = await worlds.built({ primary: 'when_secondaries_build = "wait"' });
    const secondary = await worlds.building(world, 's1');
    world.commit(1);
    const primary = start(world, ['run', 'main']);
    await primary.untilOutput(/waiting for \S+\/running\.s1, at most /);
    const { stdout } = await stagelock(world, ['status', 'main']);
    expect(stdout).toMatch(/^main \(primary\): waiting$/m);
    expect(stdout).toContain(`waits for ${world.temporary('main')}/running.s1`);
    worlds.finish(world);
    expect(await secondary.ended).toMatchObject({ code: 0, stderr: '' });
    expect(await primary.ended).toMatchObject({ code: 0, stderr: '' });
    expect(world.overlaps()).toBe('');
  });
});

describe('a secondary that starts during an update', () => {
  test('waits for it, starts within moments of its end, and is no reason for a warning', async () => {
    const world = await worlds.built();
    const primary = await worlds.updating(world);
    const secondary = start(world, ['run', 's1']);
    await secondary.untilOutput(/waiting for \S+\/main\/Testing\/Temporary\/update, at most 30 min$/m);
    worlds.finish(world);
    await until('the end of the update', () => !world.lockFiles('main').includes('update'));
    const updated = performance.now();
    await secondary.untilOutput(/update: /);
    // The promise is 50 ms on an idle machine; polling would take two seconds.
    expect(performance.now() - updated).toBeLessThan(1000);
    expect(await secondary.ended).toMatchObject({ code: 0, stderr: '' });
    expect(await primary.ended).toMatchObject({ code: 0, stderr: '' });
    expect(world.overlaps()).toBe('');
  });

  test('gives up after update_timeout with 75, and says for what it waited and how to wait longer', async () => {
    const world = await worlds.built({ defaults: 'update_timeout = "300 ms"' });
    await worlds.updating(world);
    const ended = await stagelock(world, ['run', 's1']);
    expect(ended.code).toBe(75);
    expect(shapeOf(ended.stderr.replace(/within \d+ ms/, 'within N ms'), world)).toEqual([
      'stagelock: s1: not built, because ROOT/main/Testing/Temporary/update did not become free within N ms.',
      '  ROOT/main/Testing/Temporary/update: stage update of main, held by pid PID of USER on HOST (running for AGE)',
      '    log: ROOT/main/Testing/Temporary/LastUpdate_STAMP.log',
      '  It is still running. If this happens often, increase update_timeout of s1 in ROOT/stagelock.toml',
    ]);
    expect(world.lockFiles('s1')).toEqual([]);
  });

  test('shows in status, as text and as JSON, for what it waits', async () => {
    const world = await worlds.built();
    await worlds.updating(world);
    const secondary = start(world, ['run', 's1']);
    await secondary.untilOutput(/waiting for/);
    const text = await stagelock(world, ['status']);
    expect(text.stdout).toMatch(/^main \(primary\): running$/m);
    expect(text.stdout).toMatch(/^s1 \(secondary\): waiting$/m);
    const update = join(world.temporary('main'), 'update');
    expect(text.stdout).toContain(`  waits for ${update}\n`);
    const json = JSON.parse((await stagelock(world, ['status', 's1', '--json'])).stdout);
    expect(json.builds).toMatchObject([
      {
        build: 's1',
        waitsFor: [update],
        locks: [{ name: 'running', judgement: { fate: 'alive' } }, { name: 'update' }],
      },
    ]);
    worlds.finish(world);
    expect((await secondary.ended).code).toBe(0);
  });
});
