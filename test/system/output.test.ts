import { closeSync, openSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { stagelock, start } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

describe('when its progress has no reader any more', () => {
  test('a run goes on to its end, with its locks removed and its exit code its own', async () => {
    const world = await worlds.built();
    world.commit(1);
    const run = await worlds.building(world, 'main');
    run.stopReading();
    worlds.finish(world);
    expect(await run.ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(world.lockFiles('main')).toEqual([]);
  });

  test('status ends quietly', async () => {
    const world = await worlds.built();
    const status = start(world, ['status']);
    status.stopReading();
    expect(await status.ended).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('when the disk under its output is full', () => {
  test('a run says so once, and still builds', async () => {
    const world = await worlds.built();
    world.commit(1);
    expect(await onFullDisk((stdout) => stagelock(world, ['run', 'main'], { stdout }))).toMatchObject({
      code: 0,
      stderr: 'stagelock: standard output cannot be written: ENOSPC: no space left on device, write\n',
    });
    expect(world.lockFiles('main')).toEqual([]);
    expect((await stagelock(world, ['run', 'main'])).stdout).toBe('');
  });

  test('status fails', async () => {
    const world = await worlds.built();
    const ended = await onFullDisk((stdout) => stagelock(world, ['status', '--json'], { stdout }));
    expect(ended.code).toBe(70);
    expect(ended.stderr).toMatch(/^stagelock: standard output cannot be written: ENOSPC/);
  });
});

async function onFullDisk<T>(run: (stdout: number) => Promise<T>): Promise<T> {
  const full = openSync('/dev/full', 'w');
  try {
    return await run(full);
  } finally {
    closeSync(full);
  }
}
