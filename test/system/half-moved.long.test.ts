import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../support/until.js';
import type { World } from '../support/world.js';
import { stagelock, start } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

const markOf = (world: World): string => join(world.root, 'main', 'Testing', 'Updates', 'moving.json');
const attributes = (world: World): string => join(world.source, '.git', 'info', 'attributes');

function git(world: World, ...args: string[]): string {
  return execFileSync('git', ['-C', world.source, ...args], { encoding: 'utf8', env: world.environment }).trim();
}

/**
 * A world whose secondary still owes the newest recorded update, and whose next update was killed, git and all, when a
 * part of its files was written.
 */
async function halfMoved(): Promise<World> {
  const world = await worlds.built();
  world.commit(1);
  await stagelock(world, ['run', 'main']);
  world.commit(6);
  // Each file is slow, and the one named here does not come to an end.
  git(world, 'config', 'filter.slow.smudge', `cat; case %f in c5) touch '${world.root}/at-it'; sleep 60;; esac`);
  git(world, 'config', 'filter.slow.clean', 'cat');
  writeFileSync(attributes(world), 'c* filter=slow\n');
  const run = start(world, ['run', 'main']);
  await until('git to be in the middle', () => existsSync(join(world.root, 'at-it')));
  run.kill('SIGKILL');
  await run.ended;
  kill(world);
  await worlds.idle(world);
  rmSync(attributes(world));
  return world;
}

/** Kills what belongs to the runs of a world: all of it, or the git that was given this command. */
function kill(world: World, command = ''): void {
  const script = `for e in /proc/[0-9]*/environ; do p=\${e%/environ}
    grep -qzx "STAGELOCK_CONFIG=$0" "$e" 2>/dev/null || continue
    [ -z "$1" ] || { [ "$(cat "$p/comm")" = git ] && grep -qzx -- "$1" "$p/cmdline"; } || continue
    kill -9 "\${p#/proc/}"; done; true`;
  execFileSync('sh', ['-c', script, world.configFile, command], { stdio: 'ignore' });
}

const FEW = ['--every-warning'];

describe('a source that was half moved when its update was killed', () => {
  test('is not built after unlock, and repaired by the next run of its primary', async () => {
    const world = await halfMoved();
    expect(git(world, 'status', '--porcelain')).not.toBe('');
    expect(await stagelock(world, ['unlock', 'main', '--yes'])).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(markOf(world))).toBe(true);
    expect((await stagelock(world, ['status'])).stdout).toMatch(
      /main .*\n(?: {2}last .*\n)* {2}source may be half updated: .*was interrupted/,
    );

    writeFileSync(world.configFile, `${readFileSync(world.configFile, 'utf8')}update_timeout = "1 s"\n`);
    const secondary = await stagelock(world, ['run', 's1', ...FEW]);
    expect(secondary).toMatchObject({ code: 75, stderr: expect.stringContaining('may be half updated') });
    expect(secondary.stdout).not.toContain('build done');

    const primary = await stagelock(world, ['run', 'main', ...FEW]);
    expect(primary).toMatchObject({ code: 0, stdout: expect.stringContaining('repaired the source') });
    expect(git(world, 'status', '--porcelain')).toBe('');
    expect(existsSync(markOf(world))).toBe(false);
    expect(await stagelock(world, ['run', 's1', ...FEW])).toMatchObject({ code: 0 });
    expect(world.overlaps()).toBe('');
  });

  test('waits for a person who has changed a file since, without a lock, and goes on when that is done', async () => {
    const world = await halfMoved();
    await stagelock(world, ['unlock', 'main', '--yes']);
    writeFileSync(join(world.source, 'latest'), 'mine\n');
    const refused = await stagelock(world, ['run', 'main', ...FEW]);
    expect(refused).toMatchObject({ code: 70, stderr: expect.stringMatching(/half updated[\s\S]*latest/) });
    expect(readFileSync(join(world.source, 'latest'), 'utf8')).toBe('mine\n');
    expect(world.lockFiles('main')).toEqual([]);
    const advised = /^ *(git -C \S+ checkout HEAD -- )FILE$/m.exec(refused.stderr);
    execFileSync('sh', ['-c', `${advised?.[1]} latest`], { env: world.environment });
    expect(await stagelock(world, ['run', 'main', ...FEW])).toMatchObject({ code: 0 });
    expect(await stagelock(world, ['run', 's1', ...FEW])).toMatchObject({ code: 0 });
    expect(world.overlaps()).toBe('');
  });
});

test('a git that outlives its killed run is waited for, and the source is repaired when it has ended', async () => {
  const world = await worlds.built();
  const run = await worlds.updating(world);
  run.kill('SIGKILL');
  await run.ended;
  expect(await stagelock(world, ['unlock', 'main', '--yes', '--force'])).toMatchObject({ code: 0 });
  const early = await stagelock(world, ['run', 'main', ...FEW]);
  expect(early.code).toBe(75);
  expect(early.stderr).toMatch(/process \d+[\s\S]*\n {2}stagelock --config \S+ kill main\n/);
  worlds.finish(world);
  await worlds.idle(world);
  expect(await stagelock(world, ['run', 'main', ...FEW])).toMatchObject({ code: 0 });
  expect(world.overlaps()).toBe('');
});

test('a git that is killed alone ends the update, and the run puts the source back by itself', async () => {
  const world = await worlds.built();
  world.commit(6);
  git(
    world,
    'config',
    'filter.slow.smudge',
    `cat; case %f in c5) touch '${world.root}/at-it'; while [ ! -e '${world.root}/finish' ]; do sleep 0.02; done;; esac`,
  );
  git(world, 'config', 'filter.slow.clean', 'cat');
  writeFileSync(attributes(world), 'c* filter=slow\n');
  const run = start(world, ['run', 'main', ...FEW]);
  await until('git to be in the middle', () => existsSync(join(world.root, 'at-it')));
  rmSync(attributes(world));
  kill(world, 'merge');
  worlds.finish(world);
  const ended = await run.ended;
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('the source is complete') });
  expect(world.lockFiles('main')).toEqual([]);
  expect(existsSync(markOf(world))).toBe(false);
  expect(git(world, 'status', '--porcelain')).toBe('');
  expect(await stagelock(world, ['run', 'main', ...FEW])).toMatchObject({ code: 0 });
});

test('whatever stands in the place of the mark keeps builds away, and is named', async () => {
  const world = await worlds.built();
  world.commit(1);
  writeFileSync(markOf(world), '{"format":1');
  const primary = await stagelock(world, ['run', 'main', ...FEW]);
  expect(primary).toMatchObject({ code: 70, stderr: expect.stringContaining(markOf(world)) });
  rmSync(markOf(world));
  expect(await stagelock(world, ['run', 'main', ...FEW])).toMatchObject({ code: 0 });
});
