import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { stagelock } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

test('metrics are printed, or replace a file as a whole that other users can read', async () => {
  const world = await worlds.built();
  const printed = await stagelock(world, ['metrics']);
  expect(printed).toMatchObject({ code: 0, stderr: '' });
  expect(printed.stdout).toMatch(/^stagelock_last_run_success\{project="world",build="main"\} 1$/m);
  const file = join(world.root, 'stagelock.prom');
  expect(await stagelock(world, ['metrics', '--output', file])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(readFileSync(file, 'utf8')).toContain('stagelock_updates_to_build{project="world",build="main"} 0\n');
  expect(statSync(file).mode & 0o777).toBe(0o644 & ~process.umask());
  expect(readdirSync(world.root).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  const log = join(world.root, 'lock.log');
  const withLog = async () => await stagelock(world, ['metrics', '--lock-log', log]);
  expect((await withLog()).stdout).toContain('\nstagelock_objects_reused_total 0\n');
  mkdirSync(log);
  expect(await withLog()).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(log) });
  const nowhere = await stagelock(world, ['metrics', '--output', join(world.root, 'no', 'such', 'file')]);
  expect(nowhere.code).toBe(70);
  expect(nowhere.stderr).toContain('no/such');
});
