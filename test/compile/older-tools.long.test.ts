import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/until.js';
import { HELPER_WORDS, helper, leftIn, pidIn, SEES_OLDER_TOOLS, script, start, temporaryDirectory } from './helper.js';

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
    expect(stderr).toMatch(/^ct-lock-helper: waiting for the lock on \S+a\.o: held by pid /);
    expect(stderr).toContain(`pid ${original.pid} on ${hostname()}`);
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
    expect(stderr).toContain(`pid ${original.pid} `);
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
  await until('it says that the lock is overdue', () => told.includes('OVERDUE'));
  child.kill('SIGTERM');
  const { end, stderr } = await ended;
  expect(end).toBe(143);
  const [first = ''] = stderr.split('\n');
  expect(first).toContain('held by pid 4711 on elsewhere');
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

describe('a pid alone, as older helpers record it for cifs', () => {
  test('is a dead owner once it is old and no such process is there', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'a.o.lock.excl'), `${spawnSync('true').pid}\n`);
    const produce = script(directory, 'produce', 'echo whole > "$last"');
    const { child, ended } = start(compile('cifs', produce), {
      cwd: directory,
      env: { ...process.env, CT_LOCK_WARN_INTERVAL: '0.3', CT_LOCK_TIMEOUT: '600' },
    });
    await new Promise((resolve) => child.stderr?.once('data', resolve));
    expect(existsSync(join(directory, 'a.o.lock.excl'))).toBe(true);
    const old = Date.now() / 1000 - 700;
    utimesSync(join(directory, 'a.o.lock.excl'), old, old);
    const { end, stderr } = await ended;
    expect(end).toBe(0);
    expect(stderr).toMatch(/but its record names no host and is not old yet; acquired /m);
    expect(leftIn(directory, 'produce', 'a.o.lock')).toEqual(['a.o']);
  });

  test('is alive as long as that process runs', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'a.o.lock.excl'), String(process.pid));
    const old = Date.now() / 1000 - 1;
    utimesSync(join(directory, 'a.o.lock.excl'), old, old);
    const { child, ended } = start(compile('cifs', 'true'), {
      cwd: directory,
      env: { ...process.env, CT_LOCK_WARN_INTERVAL: '0.2', CT_LOCK_TIMEOUT: '0.1' },
    });
    await new Promise((resolve) => child.stderr?.once('data', resolve));
    child.kill('SIGTERM');
    expect((await ended).stderr).toContain(`held by pid ${process.pid} (`);
    expect(readFileSync(join(directory, 'a.o.lock.excl'), 'utf8')).toBe(String(process.pid));
  });
});

/** A host of another name, with another /etc/hosts. */
const UNSHARE = ['unshare', '--uts', '--mount', 'sh', '-c'];
const CAN_UNSHARE = spawnSync('unshare', ['--uts', '--mount', 'hostname', 'node1']).status === 0;

describe.skipIf(!CAN_UNSHARE || !SEES_OLDER_TOOLS)('a lock with the full name of a host (needs unshare)', () => {
  const takeOver = async (recorded: string, hosts: string): Promise<'taken over' | 'kept'> => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'hosts'), `127.0.0.1 localhost\n${hosts}\n`);
    mkdirSync(join(directory, 'a.o.lockdir'));
    writeFileSync(join(directory, 'a.o.lockdir', 'pid'), `${recorded}:${spawnSync('true').pid}`);
    const produce = script(directory, 'produce', 'echo whole > "$last"');
    const line = `hostname node1 && mount --bind hosts /etc/hosts && exec ${HELPER_WORDS} compile --target=a.o --strategy=lockdir -- ${produce}`;
    const [unshare = '', ...rest] = UNSHARE;
    const child = spawn(unshare, [...rest, line], {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, CT_LOCK_WARN_INTERVAL: '0.3' },
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    let warnings = 0;
    child.stderr.on('data', () => {
      warnings++;
      if (warnings === 3) child.kill('SIGTERM');
    });
    await ended;
    return existsSync(join(directory, 'a.o')) ? 'taken over' : 'kept';
  };

  test('that is this one is taken over', async () => {
    expect(await takeOver('node1.a.test', '127.0.1.1 node1.a.test node1')).toBe('taken over');
  });

  test('that is another one stays, although the short names are the same', async () => {
    expect(await takeOver('node1.b.test', '127.0.1.1 node1.a.test node1')).toBe('kept');
  });

  test('stays when this host does not know its full name', async () => {
    expect(await takeOver('node1.a.test', '')).toBe('kept');
  });
});
