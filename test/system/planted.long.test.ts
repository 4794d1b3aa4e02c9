import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { World } from '../support/world.js';
import { stagelock } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

const plants = [
  { what: 'a symbolic link', is: 'a symbolic link to ../../../precious', plant: link },
  {
    what: 'a dangling symbolic link',
    is: 'a symbolic link to nowhere',
    plant: (path: string) => symlinkSync('nowhere', path),
  },
  { what: 'a directory', is: 'a directory', plant: (path: string) => mkdirSync(path) },
  { what: 'a named pipe', is: 'a device, a socket or a named pipe', plant: pipe },
  { what: 'an empty file', is: 'an empty file', plant: (path: string) => writeFileSync(path, '') },
];

describe.each(plants)('$what at the place of `running`', ({ is, plant }) => {
  test('keeps runs away, is named for what it is, and only --force removes it', async () => {
    const world = await worlds.built();
    writeFileSync(join(world.root, 'precious'), 'precious');
    const running = join(world.temporary('main'), 'running');
    plant(running);
    world.commit(1);
    const ended = await stagelock(world, ['run', 'main']);
    expect(ended.code).toBe(75);
    expect(ended.stderr.split('\n')[1]).toBe(`  ${running}: no record of its owner; it is ${is}`);
    expect((await stagelock(world, ['unlock', 'main', '--yes'])).code).toBe(75);
    expect(await stagelock(world, ['unlock', 'main', '--yes', '--force'])).toMatchObject({ code: 0, stderr: '' });
    const over = expect.stringMatching(/^stagelock: main: runs again\. The problem of [\d-]+ [\d:]+ \S+ is over\.\n$/);
    expect(await stagelock(world, ['run', 'main'])).toMatchObject({ code: 0, stderr: over });
    expect(readFileSync(join(world.root, 'precious'), 'utf8')).toBe('precious');
  });
});

test('nothing is written through a symbolic link at the place of a log, and the run says which it is', async () => {
  const world = await worlds.built();
  writeFileSync(join(world.root, 'precious'), 'precious');
  world.commit(1);
  const logs = plantLogs(world);
  const ended = await stagelock(world, ['run', 'main']);
  expect(ended.code).toBe(73);
  expect(
    logs.map(
      (log) =>
        `stagelock: ${log}: a symbolic link is in the way; stagelock keeps something of its own there. After a look, move it away:\n  mv -T -- ${log} ${log}.in-the-way`,
    ),
  ).toContain(ended.stderr.split('\n').slice(0, 2).join('\n'));
  expect(ended.stderr).toMatch(
    / {2}Its locks stay \(\S+\/build, \S+\/running\); after a look: stagelock .* unlock main\n$/,
  );
  expect(readFileSync(join(world.root, 'precious'), 'utf8')).toBe('precious');
});

/** Links for the log of this minute and the next one. */
function plantLogs(world: World): string[] {
  return [0, 60_000].map((ms) => {
    const [day = '', time = ''] = new Date(Date.now() + ms).toISOString().split('T');
    const log = join(
      world.temporary('main'),
      `LastBuild_${day.replaceAll('-', '')}-${time.slice(0, 5).replace(':', '')}.log`,
    );
    execFileSync('rm', ['-f', log]);
    link(log);
    return log;
  });
}

function link(path: string): void {
  symlinkSync('../../../precious', path);
}

function pipe(path: string): void {
  execFileSync('mkfifo', [path]);
}
