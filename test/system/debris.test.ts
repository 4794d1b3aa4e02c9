import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { temporaryName } from '../../src/files/temporary-name.js';
import { thisHost } from '../../src/index.js';
import { JobRecords } from '../../src/scheduler/job-record.js';
import { stagelock } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

/** What a killed process of this host leaves in a directory. */
function leave(directory: string): string {
  const path = join(directory, temporaryName({ name: thisHost().name, pid: spawnSync('true').pid }));
  mkdirSync(directory, { recursive: true });
  writeFileSync(path, '{"half":');
  return path;
}

test('the next run that builds removes what killed runs have left, wherever they were killed', async () => {
  const world = await worlds.built();
  const testing = join(world.temporary('main'), '..');
  const tag = readdirSync(testing).find((name) => /^\d{8}-\d{4}$/.test(name)) ?? '';
  const ofMain = ['.', 'Temporary', tag, 'Updates', 'Updates/cursors'].map((name) => leave(join(testing, name)));
  const alive = join(testing, 'Temporary', temporaryName());
  writeFileSync(alive, '');
  world.commit(1);
  expect(await stagelock(world, ['run', 'main'])).toMatchObject({ code: 0, stderr: '' });
  expect(ofMain.filter((path) => existsSync(path))).toEqual([]);
  expect(existsSync(alive)).toBe(true);

  const ofSecondary = [join(testing, 'Updates', 'cursors'), world.temporary('s1')].map(leave);
  expect(await stagelock(world, ['run', 's1'])).toMatchObject({ code: 0, stderr: '' });
  expect(ofSecondary.filter((path) => existsSync(path))).toEqual([]);
});

test('a scheduler and a mailed run remove what those before them have left beside their records', () => {
  const world = worlds.make();
  const { state } = world.project.scheduler;
  const left = [state, join(state, 'jobs')].map(leave);
  new JobRecords(state).tidy(Date.now());
  expect(left.filter((path) => existsSync(path))).toEqual([]);
});
