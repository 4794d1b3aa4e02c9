import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../support/until.js';
import type { World } from '../support/world.js';
import { isRunning, missing, Running, STAGELOCK, start, untilThere } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());
const noTerminal = missing('script');
const noTimeout = missing('timeout');

/** Takes nearly all of the grace of two seconds, and says so. */
const SLOW = `trap 'sleep 1.8; echo late; exit' TERM; echo $$ > "$0"; while :; do sleep 0.05; done`;
/** Makes the file that its first argument names, and ends by KILL only. */
const STUBBORN = `trap '' TERM INT HUP; echo $$ > "$0"; while :; do sleep 0.05; done`;
/** Longer than a signal may come for it to be taken for the same wish. */
const LATER_MS = 600;

function startExec(world: World, command: readonly string[], prefix: readonly string[] = []): Running {
  const argv = [...prefix, process.execPath, STAGELOCK, 'exec', '--lock', join(world.root, 'lock'), '--', ...command];
  const child = spawn(argv[0] ?? '', argv.slice(1), {
    env: { ...world.environment, STAGELOCK_CONFIG: world.configFile },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  return new Running(child);
}

/** The pid in a file, once it is there. */
async function pidIn(path: string): Promise<number> {
  await untilThere(path);
  await until(path, () => readFileSync(path, 'utf8').endsWith('\n'));
  return Number(readFileSync(path, 'utf8'));
}

/** Whether a process watches files: then it waits for a lock. */
function watchesFiles(pid: number): boolean {
  const files = `/proc/${pid}/fd`;
  return readdirSync(files).some((fd) => linkOf(join(files, fd)) === 'anon_inode:inotify');
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // closed meanwhile
  }
}

describe('exec', () => {
  test('that is told a second time kills what it has started, and gives the lock back', async () => {
    const world = worlds.make();
    const file = join(world.root, 'stubborn');
    const child = join(world.root, 'child');
    writeFileSync(child, `${SLOW.replace('$0', `${file}.too`)}\n`);
    writeFileSync(join(world.root, 'top'), `sh ${child} &\n${SLOW.replace('$0', file)}\n`);
    const run = startExec(world, ['sh', join(world.root, 'top')]);
    const pids = [await pidIn(file), await pidIn(`${file}.too`)];
    run.kill('SIGTERM');
    await sleep(LATER_MS);
    run.kill('SIGTERM');
    // Not one of them came to its end.
    expect(await run.ended).toMatchObject({ code: 143, stdout: '' });
    expect(pids.filter(isRunning)).toEqual([]);
    const next = await startExec(world, ['echo', 'ran']).ended;
    expect(next).toMatchObject({ code: 0, stdout: 'ran\n' });
  });

  test('that gets two signals at the same time leaves its command the grace', async () => {
    const world = worlds.make();
    const file = join(world.root, 'orderly');
    const run = startExec(world, [
      'sh',
      '-c',
      `trap 'sleep 0.7; echo orderly; exit' TERM; echo $$ > ${file}; while :; do sleep 0.05; done`,
    ]);
    await pidIn(file);
    run.kill('SIGTERM');
    run.kill('SIGHUP');
    run.kill('SIGTERM');
    const { code, stdout } = await run.ended;
    // Which of two that are pending comes first is the kernel's choice.
    expect([128 + 1, 128 + 15]).toContain(code);
    expect(stdout).toBe('orderly\n');
  });

  test('that waits for a lock ends at the first', async () => {
    const world = worlds.make();
    const file = join(world.root, 'holder');
    const holder = startExec(world, ['sh', '-c', `echo $$ > ${file}; exec sleep 60`]);
    await pidIn(file);
    const child = spawn(process.execPath, [
      STAGELOCK,
      'exec',
      '--lock',
      join(world.root, 'lock'),
      '--wait',
      '60',
      '--',
      'true',
    ]);
    const waiting = new Running(child);
    await until('it waits', () => watchesFiles(waiting.pid), 30_000);
    waiting.kill('SIGTERM');
    waiting.kill('SIGTERM');
    expect((await waiting.ended).code).toBe(143);
    holder.kill('SIGTERM');
    await holder.ended;
  });

  test.skipIf(noTerminal !== undefined)(
    `Ctrl-C twice on a terminal${noTerminal === undefined ? '' : ` (${noTerminal})`}`,
    async () => {
      const world = worlds.make();
      const file = join(world.root, 'stubborn');
      writeFileSync(
        join(world.root, 'command'),
        `exec ${process.execPath} ${STAGELOCK} exec --lock ${world.root}/lock -- sh ${world.root}/work ${file}\n`,
      );
      writeFileSync(join(world.root, 'work'), `${SLOW.replace('TERM', 'TERM INT').replace('$0', '$1')}\n`);
      const child = spawn(
        'script',
        ['--quiet', '--return', '--flush', '--command', `sh ${world.root}/command`, '/dev/null'],
        {
          env: { ...world.environment, STAGELOCK_CONFIG: world.configFile },
          stdio: 'pipe',
        },
      );
      const run = new Running(child);
      const pid = await pidIn(file);
      run.type('\u0003');
      await sleep(LATER_MS);
      run.type('\u0003');
      const { code, stdout } = await run.ended;
      expect([code, stdout]).toEqual([130, expect.not.stringContaining('late')]);
      expect(isRunning(pid)).toBe(false);
    },
  );
});

describe('run', () => {
  test('that is told a second time ends at once, and its locks stay', async () => {
    const world = await worlds.built({ defaults: 'timeout = "1 h"' });
    world.commit(1);
    const run = await stubborn(world, []);
    run.kill('SIGTERM');
    await sleep(LATER_MS);
    run.kill('SIGTERM');
    expect(await run.ended).toMatchObject({ signal: 'SIGTERM' });
    expect(world.lockFiles('main')).toEqual(['build', 'running']);
  });

  test.skipIf(noTimeout !== undefined)(
    `that timeout(1) ends, which signals twice, ends its stage in order${noTimeout === undefined ? '' : ` (${noTimeout})`}`,
    async () => {
      const world = await worlds.built();
      world.commit(1);
      const file = join(world.root, 'stubborn');
      const child = spawn('timeout', ['--preserve-status', '3', process.execPath, STAGELOCK, 'run', 'main'], {
        cwd: world.root,
        env: { ...world.environment, STAGELOCK_CONFIG: world.configFile, WORK: `echo $$ > ${file}; sleep 60` },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      });
      const run = new Running(child);
      const pid = await pidIn(file);
      expect((await run.ended).stderr).toMatch(/main: interrupted\. Its locks stay/);
      expect(isRunning(pid)).toBe(false);
    },
  );
});

describe('run --mail', () => {
  test('that is told a second time ends its run at once, and reports it', async () => {
    const world = await worlds.built();
    writeFileSync(
      world.configFile,
      `${readFileSync(world.configFile, 'utf8')}\n[mail]\nto = ["team@example.org"]\nsendmail = "/bin/true"\n`,
    );
    world.commit(1);
    const run = await stubborn(world, ['--mail'], '1 h');
    run.kill('SIGTERM');
    await sleep(LATER_MS);
    run.kill('SIGTERM');
    expect(await run.ended).toMatchObject({ code: 143 });
    expect(world.lockFiles('main')).toEqual(['build', 'running']);
  });
});

/** A run whose stage has a grace of an hour and uses it. */
async function stubborn(world: World, options: readonly string[], grace = '1 h'): Promise<Running> {
  const config = readFileSync(world.configFile, 'utf8').replace('grace = "1 s"', `grace = "${grace}"`);
  writeFileSync(world.configFile, config);
  const file = join(world.root, 'stubborn');
  const run = start(world, ['run', ...options, 'main'], { environment: { WORK: STUBBORN.replace('$0', file) } });
  await pidIn(file);
  return run;
}
