import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { World } from '../support/world.js';
import { stagelock, start } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

/** A world whose builds fail in their last stage when CHECK in their environment does. */
async function checked(): Promise<World> {
  const world = worlds.make();
  appendFileSync(world.configFile, `\n[defaults.stages.check]\nshell = 'eval "$CHECK"'\n`);
  expect((await stagelock(world, ['run', 'main'])).code).toBe(0);
  world.commit(1);
  return world;
}

describe('stagelock wait', () => {
  test('ends with the run that is in progress, and as it does; also when another one follows at once', async () => {
    const world = await checked();
    const run = await worlds.building(world, 'main');
    const waiting = start(world, ['wait', 'main']);
    const impatient = await stagelock(world, ['wait', 'main', '--timeout', '1']);
    expect(impatient.code).toBe(75);
    expect(impatient.stderr).toMatch(
      /^stagelock: main: the run has not ended within 1 s\.\n {2}\S+running: run of main, held by pid \d+/,
    );
    worlds.finish(world);
    expect((await run.ended).code).toBe(0);
    world.commit(1);
    const next = await stagelock(world, ['run', 'main'], { environment: { CHECK: 'exit 3' } });
    expect(next.code).toBe(1);
    expect(await waiting.ended).toMatchObject({ code: 0, stdout: 'main: passed\n', stderr: '' });
  });

  test('fails as the run does, and says what failed', async () => {
    const world = await checked();
    const run = start(world, ['run', 'main'], { environment: { CHECK: 'sleep 2; exit 3' } });
    await run.untilOutput(/main: check \.\.\./);
    const { code, stdout } = await stagelock(world, ['wait', 'main']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^main: check failed with exit code 3 after /);
    await run.ended;
  });

  test('waits for nothing where no run is in progress, nor for one that has died', async () => {
    const world = await worlds.built();
    expect(await stagelock(world, ['wait', 'main'])).toMatchObject({
      code: 0,
      stdout: 'no run of main is in progress\n',
    });
    world.commit(1);
    const run = await worlds.building(world, 'main');
    run.kill('SIGKILL');
    await run.ended;
    const { code, stderr } = await stagelock(world, ['wait', 'main']);
    expect(code).toBe(75);
    expect(stderr).toContain('main: an earlier run died and left its locks.');
    expect(stderr).toContain(`stagelock --config ${world.configFile} unlock main`);
    expect((await stagelock(world, ['wait', 'main', '--timeout', 'soon'])).code).toBe(2);
  });
});

test('a run is forced although there is no news, of a primary and of a secondary, and what is pending stays right', async () => {
  const world = await worlds.built();
  expect((await stagelock(world, ['run', 's1'])).code).toBe(0);
  const built = (build: string): number =>
    readFileSync(join(world.build(build).directory, 'Testing', 'History.jsonl'), 'utf8').match(/"ended"/g)?.length ?? 0;
  for (const build of ['main', 's1']) {
    expect((await stagelock(world, ['run', build])).code).toBe(0);
    expect(built(build)).toBe(1);
    const forced = await stagelock(world, ['run', build, '--force']);
    expect(forced).toMatchObject({ code: 0, stderr: '' });
    expect(forced.stdout).toContain(`${build}: update: no new commits\n`);
    expect(built(build)).toBe(2);
    expect((await stagelock(world, ['run', build])).code).toBe(0);
    expect(built(build)).toBe(2);
  }
  world.commit(1);
  for (const build of ['main', 's1']) {
    expect((await stagelock(world, ['run', build])).stdout).toContain(`${build}: update: 1 commit\n`);
  }
});
