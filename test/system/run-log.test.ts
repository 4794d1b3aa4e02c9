import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { World } from '../support/world.js';
import { STAGELOCK } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

/** A run as a line of `stagelock crontab` has it: what it prints goes to the end of a file. */
async function runInto(world: World, file: string): Promise<number | null> {
  const output = openSync(file, 'a');
  const child = spawn(process.execPath, [STAGELOCK, 'run', 'main'], {
    env: { ...world.environment, STAGELOCK_CONFIG: world.configFile },
    stdio: ['ignore', output, 'inherit'],
  });
  closeSync(output);
  return await new Promise((resolve) => child.once('exit', resolve));
}

describe('the log of the runs of a crontab', () => {
  test('has one run after the other, and stays as it is while there is no news', async () => {
    const world = worlds.make();
    const log = join(world.root, 'main.log');
    expect(await runInto(world, log)).toBe(0);
    const first = readFileSync(log, 'utf8');
    expect(first).toMatch(/main: begins\n[\s\S]*main: done\n$/);
    const { mtimeMs } = statSync(log);
    expect(await runInto(world, log)).toBe(0);
    expect(readFileSync(log, 'utf8')).toBe(first);
    expect(statSync(log).mtimeMs).toBe(mtimeMs);
    world.commit(1);
    expect(await runInto(world, log)).toBe(0);
    expect(readFileSync(log, 'utf8').startsWith(first)).toBe(true);
    expect(readFileSync(log, 'utf8').match(/main: done\n/g)).toHaveLength(2);
  });

  test('begins anew when it is long, and its end is kept beside it', async () => {
    const world = worlds.make();
    const log = join(world.root, 'main.log');
    writeFileSync(log, `${'an old line\n'.repeat(200_000)}the last one\n`);
    expect(await runInto(world, log)).toBe(0);
    expect(readFileSync(log, 'utf8')).toMatch(/^\d{4}-\S+ \S+ main: begins\n/);
    expect(statSync(log).size).toBeLessThan(10_000);
    const kept = readFileSync(`${log}.1`, 'utf8');
    expect(kept.endsWith('an old line\nthe last one\n')).toBe(true);
    expect(kept.length).toBe(1024 * 1024);
  });
});
