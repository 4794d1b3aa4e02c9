import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { until } from '../support/until.js';
import {
  HAS_SCRIPT,
  HAS_SETPRIV,
  HELPER_WORDS,
  LOCK_NAMES,
  LOCKS,
  leftIn,
  pidIn,
  runs,
  script,
  start,
  temporaryDirectory,
} from './helper.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

describe.each(SIGNALS)('%s', (signal) => {
  const code = 128 + constants.signals[signal];

  test.each(LOCK_NAMES)(
    'ends the command with all its processes, then the temporary and the lock go (%s)',
    async (strategy) => {
      const directory = temporaryDirectory();
      const produce = script(directory, 'produce', ': > "$last"; sleep 300 & echo $! > child; echo $$ > self; wait');
      const { child, ended } = start(['compile', '--target=a.o', `--strategy=${strategy}`, '--', produce], {
        cwd: directory,
      });
      const pids = [await pidIn(join(directory, 'child')), await pidIn(join(directory, 'self'))];
      child.kill(signal);
      expect(await ended).toEqual({ end: code, stdout: '', stderr: '' });
      expect(pids.map(runs)).toEqual([false, false]);
      expect(leftIn(directory, 'produce', 'child', 'self', ...(strategy === 'lockdir' ? [] : ['a.o.lock']))).toEqual(
        [],
      );
    },
  );

  test('makes a waiter go and leaves the lock to its holder', async () => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', 'echo $$ > self; while [ -e self ]; do sleep 0.02; done; : > "$last"');
    const args = ['compile', '--target=a.o', '--strategy=lockdir', '--'];
    const holder = start([...args, produce], { cwd: directory });
    await pidIn(join(directory, 'self'));
    const owner = readFileSync(join(directory, 'a.o.lockdir', 'pid'), 'utf8');
    const waiter = start([...args, 'true'], {
      cwd: directory,
      env: { ...process.env, CT_LOCK_WARN_INTERVAL: '0.1' },
    });
    await saysThatItWaits(waiter.child.stderr);
    waiter.child.kill(signal);
    expect((await waiter.ended).end).toBe(code);
    expect(readFileSync(join(directory, 'a.o.lockdir', 'pid'), 'utf8')).toBe(owner);
    rmSync(join(directory, 'self'));
    expect((await holder.ended).end).toBe(0);
    expect(leftIn(directory, 'produce')).toEqual(['a.o']);
  });
});

describe('while the command is being ended', () => {
  test('lock and temporary stay until it is gone', async () => {
    const directory = temporaryDirectory();
    const produce = script(
      directory,
      'produce',
      `: > "$last"
      trap 'sleep 0.5; ls "$last" a.o.lockdir/pid > seen; exit 0' TERM
      echo $$ > self
      while :; do sleep 0.02; done`,
    );
    const { child, ended } = start(['compile', '--target=a.o', '--strategy=lockdir', '--', produce], {
      cwd: directory,
    });
    await pidIn(join(directory, 'self'));
    child.kill('SIGTERM');
    // The command says that it succeeded, but nobody knows what it left out.
    expect((await ended).end).toBe(143);
    expect(readFileSync(join(directory, 'seen'), 'utf8')).toMatch(/^a\.o\.\d+\.[0-9a-f]+\.tmp\na\.o\.lockdir\/pid\n$/);
    expect(leftIn(directory, 'produce', 'self', 'seen')).toEqual([]);
  });

  test('a command that ignores TERM is killed, and further signals change nothing', async () => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', "trap '' TERM; echo $$ > self; while :; do sleep 0.1; done");
    const { child, ended } = start(['compile', '--target=a.o', '--strategy=lockdir', '--', produce], {
      cwd: directory,
    });
    const pid = await pidIn(join(directory, 'self'));
    child.kill('SIGINT');
    await sleep(200);
    expect(existsSync(join(directory, 'a.o.lockdir', 'pid'))).toBe(true);
    child.kill('SIGTERM');
    child.kill('SIGINT');
    expect((await ended).end).toBe(130);
    expect(runs(pid)).toBe(false);
    expect(leftIn(directory, 'produce', 'self')).toEqual([]);
  });
});

test.skipIf(!HAS_SCRIPT)('a terminal that goes away is a SIGHUP like any other (needs script)', async () => {
  const directory = temporaryDirectory();
  const produce = script(directory, 'produce', ': > "$last"; echo $$ > self; sleep 300');
  const line = `exec ${HELPER_WORDS} compile --target=a.o --strategy=lockdir -- "${produce}" 2> said`;
  const terminal = spawn('script', ['-qec', line, '/dev/null'], {
    cwd: directory,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const pid = await pidIn(join(directory, 'self'));
  const [, helperPid] = readFileSync(join(directory, 'a.o.lockdir', 'pid'), 'utf8').split(':');
  terminal.kill('SIGKILL');
  await until('the helper ends', () => !runs(Number(helperPid)));
  expect(runs(pid)).toBe(false);
  expect(leftIn(directory, 'produce', 'self', 'said')).toEqual([]);
  // Node tends to abort there, and tells so.
  expect(readFileSync(join(directory, 'said'), 'utf8')).toBe('');
});

test.each(LOCK_NAMES)('a signal at any moment leaves no lock and no temporary (%s)', async (strategy) => {
  const directory = temporaryDirectory();
  const produce = script(directory, 'produce', ': > "$last"; sleep 0.03; echo whole > "$last"');
  const ends = new Set<number | string>();
  for (let delay = 0; delay < 240; delay += 16) {
    const { child, ended } = start(['compile', '--target=a.o', `--strategy=${strategy}`, '--', produce], {
      cwd: directory,
    });
    await sleep(delay);
    child.kill('SIGTERM');
    const { end, stderr } = await ended;
    ends.add(end);
    expect(stderr).toBe('');
    expect(leftIn(directory, 'produce', 'a.o', ...(strategy === 'lockdir' ? [] : ['a.o.lock']))).toEqual([]);
    if (existsSync(join(directory, 'a.o'))) expect(readFileSync(join(directory, 'a.o'), 'utf8')).toBe('whole\n');
  }
  // Before its handlers are there, a program dies of a signal as every other one does.
  for (const end of ends) expect([0, 143, 'SIGTERM']).toContain(end);
});

describe('SIGKILL of the helper', () => {
  test.skipIf(!HAS_SETPRIV)('kills its command, too (needs setpriv of util-linux)', async () => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', "trap '' TERM; echo $$ > self; while :; do sleep 0.1; done");
    const { child, ended } = start(['compile', '--target=a.o', '--strategy=lockdir', '--', produce], {
      cwd: directory,
      stdio: 'ignore',
    });
    const pid = await pidIn(join(directory, 'self'));
    child.kill('SIGKILL');
    expect((await ended).end).toBe('SIGKILL');
    await until('the command is gone', () => !runs(pid));
  });

  test.each(LOCK_NAMES)('leaves a lock that the next helper takes over (%s)', async (strategy) => {
    const directory = temporaryDirectory();
    const produce = script(directory, 'produce', 'echo $$ > self; sleep 300');
    const args = ['compile', '--target=a.o', `--strategy=${strategy}`, '--'];
    const killed = start([...args, produce], { cwd: directory, stdio: 'ignore' });
    const pid = await pidIn(join(directory, 'self'));
    killed.child.kill('SIGKILL');
    await killed.ended;
    if (!HAS_SETPRIV) process.kill(-pid, 'SIGKILL');
    expect(existsSync(join(directory, `a.o${LOCKS[strategy]}`))).toBe(true);

    const good = script(directory, 'good', 'echo whole > "$last"');
    const { end, stderr } = await start([...args, good], {
      cwd: directory,
      env: { ...process.env, CT_LOCK_VERBOSE: '1' },
    }).ended;
    expect(end).toBe(0);
    const byKernel = strategy === 'flock' || strategy === 'fcntl';
    if (byKernel) expect(stderr).toBe('');
    else expect(stderr).toMatch(new RegExp(`^ct-lock-helper: removed the stale lock .* of pid ${killed.pid} on `));
    expect(readFileSync(join(directory, 'a.o'), 'utf8')).toBe('whole\n');
  });
});

function saysThatItWaits(stream: NodeJS.ReadableStream | null): Promise<void> {
  return new Promise((resolve) => {
    stream?.on('data', (text) => {
      if (String(text).includes('waiting for')) resolve();
    });
  });
}
