import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { helper, leftIn, pidIn, SEES_OLDER_TOOLS, script, start, temporaryDirectory, until } from './helper.js';

const compile = (strategy: string, command: string): string[] => [
  'compile',
  '--target=a.o',
  `--strategy=${strategy}`,
  '--',
  command,
];

/** Locks as the original ct-lock-helper, a bash script, makes and removes them. */
const ORIGINAL = {
  lockdir: {
    take: 'mkdir a.o.lockdir && echo "$HOST:$$" > a.o.lockdir/pid',
    give: 'rm -rf a.o.lockdir',
  },
  cifs: {
    take: ': > a.o.lock; (set -C; echo "$HOST:$$" > a.o.lock.excl)',
    give: 'rm -f a.o.lock.excl',
  },
};

describe.each(['lockdir', 'cifs'] as const)('a lock of the original (%s)', (strategy) => {
  const { take, give } = ORIGINAL[strategy];

  test('is respected while its owner lives', async () => {
    const directory = temporaryDirectory();
    const original = spawn(
      '/bin/sh',
      ['-c', `${take}; echo $$ > self; while [ -e self ]; do sleep 0.02; done; : > ended; ${give}`],
      { cwd: directory, env: { ...process.env, HOST: hostname() }, stdio: 'ignore' },
    );
    onTestFinished(() => {
      original.kill('SIGKILL');
    });
    await pidIn(join(directory, 'self'));
    const produce = script(directory, 'produce', '[ -e ended ] && echo whole > "$last"');
    const { child, ended } = start(compile(strategy, produce), {
      cwd: directory,
      env: { ...process.env, CT_LOCK_WARN_INTERVAL: '0.1' },
    });
    await new Promise((resolve) => child.stderr?.once('data', resolve));
    await sleep(100);
    rmSync(join(directory, 'self'));
    const { end, stderr } = await ended;
    expect(end).toBe(0);
    expect(stderr).toMatch(/^ct-lock-helper: waiting for \S+a\.o\.lock\S* for \d+ s: held by process /);
    expect(stderr).toContain(`process ${original.pid} on ${hostname()}`);
  });

  test.skipIf(!SEES_OLDER_TOOLS)('of a dead owner is taken over at once', async () => {
    const directory = temporaryDirectory();
    const original = spawn('/bin/sh', ['-c', take], {
      cwd: directory,
      env: { ...process.env, HOST: hostname() },
      stdio: 'ignore',
    });
    await new Promise((resolve) => original.once('exit', resolve));
    const produce = script(directory, 'produce', 'echo whole > "$last"');
    const { end, stderr } = await helper(compile(strategy, produce), {
      cwd: directory,
      env: { ...process.env, CT_LOCK_VERBOSE: '1' },
    });
    expect(end).toBe(0);
    expect(stderr).toContain(`removed the stale lock`);
    expect(stderr).toContain(`process ${original.pid} `);
    expect(leftIn(directory, 'produce', 'a.o.lock')).toEqual(['a.o']);
  });
});

test('a lock of another host is never removed; the warnings become louder and name the command that clears it', async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'a.o.lockdir'));
  writeFileSync(join(directory, 'a.o.lockdir', 'pid'), 'elsewhere:4711\n');
  const { child, ended } = start(compile('lockdir', 'true'), {
    cwd: directory,
    env: { ...process.env, CT_LOCK_WARN_INTERVAL: '0.1', CT_LOCK_TIMEOUT: '0.4' },
  });
  let told = '';
  child.stderr?.on('data', (text) => {
    told += text;
  });
  await until(() => told.includes('OVERDUE'), 'it says that the lock is overdue');
  child.kill('SIGTERM');
  const { end, stderr } = await ended;
  expect(end).toBe(143);
  const [first = ''] = stderr.split('\n');
  expect(first).toContain('held by process 4711 on elsewhere');
  expect(first).not.toContain('OVERDUE');
  expect(stderr).toContain(`rm -rf ${join(directory, 'a.o.lockdir')}`);
  expect(readFileSync(join(directory, 'a.o.lockdir', 'pid'), 'utf8')).toBe('elsewhere:4711\n');
  expect(existsSync(join(directory, 'a.o'))).toBe(false);
});

test('warnings that nobody reads any more do no harm', async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'a.o.lockdir'));
  writeFileSync(join(directory, 'a.o.lockdir', 'pid'), 'elsewhere:4711\n');
  const produce = script(directory, 'produce', 'echo whole > "$last"');
  const { child, ended } = start(compile('lockdir', produce), {
    cwd: directory,
    env: { ...process.env, CT_LOCK_WARN_INTERVAL: '0.05' },
  });
  await new Promise((resolve) => child.stderr?.once('data', resolve));
  child.stderr?.destroy();
  await sleep(300);
  rmSync(join(directory, 'a.o.lockdir'), { recursive: true });
  expect((await ended).end).toBe(0);
  expect(leftIn(directory, 'produce')).toEqual(['a.o']);
});
