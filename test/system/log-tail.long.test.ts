import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { World } from '../support/world.js';
import { stagelock } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

/** A world with a dead run's lock of the stage `build`, and its log. */
async function left(): Promise<{ world: World; lock: string; log: string }> {
  const world = await worlds.built();
  world.commit(1);
  const run = await worlds.building(world, 'main');
  run.kill('SIGKILL');
  await run.ended;
  worlds.finish(world);
  await worlds.idle(world);
  const lock = join(world.temporary('main'), 'build');
  return { world, lock, log: JSON.parse(readFileSync(lock, 'utf8')).logFile };
}

/** What `unlock` shows of the end of a log. */
async function shownOf(world: World): Promise<string> {
  const { stdout } = await stagelock(world, ['unlock', 'main']);
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('    | ') || line.startsWith('    (its end'))
    .join('\n');
}

test('the end of a log is shown, of a path that names anything else it is not', async () => {
  const { world, lock, log } = await left();
  expect(await shownOf(world)).toMatch(/^ {4}\| \[stagelock\] .* build of main/);
  const secret = join(world.root, 'secret');
  writeFileSync(secret, 'the secret\n');
  const record = readFileSync(lock, 'utf8');
  const others = [
    '/etc/passwd',
    secret,
    join(world.temporary('main'), 'running'),
    join(world.temporary('main'), '..', '..', '..', 'secret'),
    `${world.temporary('main')}/../Temporary/${basename(log)}`,
    join(world.temporary('s1'), basename(log)),
  ];
  for (const other of others) {
    writeFileSync(lock, record.replace(JSON.stringify(log), JSON.stringify(other)));
    expect(await shownOf(world), other).toBe(
      `    (its end is not shown: it is not a log in ${world.temporary('main')})`,
    );
  }
});

test('nor through a link in its place or above it, a second name, a directory or a pipe', async () => {
  const { world, log } = await left();
  const secret = join(world.root, 'secret');
  writeFileSync(secret, 'the secret\n');
  const put: Record<string, () => void> = {
    'a symbolic link': () => symlinkSync(secret, log),
    'a hard link': () => linkSync(secret, log),
    'a directory': () => mkdirSync(log),
    'a pipe': () => void execFileSync('mkfifo', [log]),
  };
  for (const [what, plant] of Object.entries(put)) {
    rmSync(log, { recursive: true, force: true });
    plant();
    expect(await shownOf(world), what).toMatch(/^ {4}\(its end is not shown: .*\)$/);
  }
  rmSync(log, { recursive: true });
  const elsewhere = join(world.root, 'elsewhere');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, basename(log)), 'the secret\n');
  // Something stands for the directory while a look goes on; the locks are found there by their names.
  for (const name of ['running', 'build']) {
    writeFileSync(join(elsewhere, name), readFileSync(join(world.temporary('main'), name)));
  }
  renameSync(world.temporary('main'), join(world.root, 'moved'));
  symlinkSync(elsewhere, world.temporary('main'));
  expect(await shownOf(world)).not.toContain('the secret');
});

test('what it holds begins no line of its own and steers no terminal', async () => {
  const { world, log } = await left();
  writeFileSync(log, 'a\u001b[2Jb\rremoved /forged\u2028x\u009b31mred\n');
  const { stdout } = await stagelock(world, ['unlock', 'main']);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028]|^removed/m);
  expect(stdout).toContain('    | removed /forged');
});
