import { spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { thisHost } from '../../src/host/host.js';
import { Queue } from '../../src/locks/queue.js';
import { canPassThrough, networkDirectory } from '../support/network-directory.js';
import { until } from '../support/until.js';
import { HELPER, leftIn, pidIn, type Running, script, start, TYPESCRIPT_HELPER, temporaryDirectory } from './helper.js';

const TURNS = `/tmp/.ct-locks.${process.geteuid?.()}/turns`;

/** Whether a process has a place in a queue of this user, as the kernel sees it: a process of another test is not counted. */
function queues(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some(
      (fd) =>
        readlinkSync(`/proc/${pid}/fd/${fd}`) === TURNS &&
        /^lock:.* OFDLCK .* WRITE /m.test(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')),
    );
  } catch {
    return false; // it has closed a file since, or ended
  }
}

interface Crowd {
  readonly directory: string;
  readonly waiters: Running[];
  readonly holder: Running;
  /** Who got the lock, in this order, so far. */
  got(): string[];
  release(): void;
}

/** One who holds a lock, and others who have come for it one after the other. */
async function crowd(
  strategy: string,
  names: string,
  environment: Record<string, string> = {},
  place: () => string = networkDirectory,
): Promise<Crowd> {
  const [directory, aside] = [place(), temporaryDirectory()];
  const order = join(aside, 'order');
  const produce = script(aside, 'produce', `echo $NAME >>${order}; echo whole >"$last"`);
  const wait = `echo $$ >${aside}/self; while [ -e ${aside}/self ]; do sleep 0.02; done; echo whole >"$last"`;
  const args = ['compile', '--target=a.o', `--strategy=${strategy}`, '--'];
  const options = (NAME: string) => ({ cwd: directory, env: { ...process.env, ...environment, NAME } });
  const holder = start([...args, script(aside, 'hold', wait)], options('holder'));
  await pidIn(join(aside, 'self'));
  const waiters: Running[] = [];
  for (const name of names) {
    // Both helpers stand in one queue.
    const waiter = start([...args, produce], options(name), waiters.length % 2 === 0 ? HELPER : TYPESCRIPT_HELPER);
    waiters.push(waiter);
    await until(`${name} queues`, () => queues(waiter.pid));
  }
  return {
    directory,
    waiters,
    holder,
    got: () => (existsSync(order) ? readFileSync(order, 'utf8').trim().split('\n') : []),
    release: () => rmSync(join(aside, 'self')),
  };
}

describe.skipIf(!canPassThrough)('those who wait for a lock on a network file system (needs root and bindfs)', () => {
  test.each(['lockdir', 'cifs', 'fcntl'])('get it in the order in which they came (%s)', async (strategy) => {
    const { waiters, got, release } = await crowd(strategy, 'abcd');
    release();
    for (const { ended } of waiters) expect(await ended).toEqual({ end: 0, stdout: '', stderr: '' });
    expect(got()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('do not wait for one who was killed', async () => {
    const { waiters, got, release } = await crowd('cifs', 'abc');
    waiters[0]?.child.kill('SIGKILL');
    waiters[1]?.child.kill('SIGTERM');
    expect((await waiters[1]?.ended)?.end).toBe(143);
    release();
    expect((await waiters[2]?.ended)?.end).toBe(0);
    expect(got()).toEqual(['c']);
  });

  test('do not wait for ever for one who was stopped', async () => {
    const { waiters, got, release } = await crowd('lockdir', 'ab');
    waiters[0]?.child.kill('SIGSTOP');
    release();
    expect((await waiters[1]?.ended)?.end).toBe(0);
    waiters[0]?.child.kill('SIGCONT');
    expect((await waiters[0]?.ended)?.end).toBe(0);
    expect(got()).toEqual(['b', 'a']);
  });

  test('say that they wait, and for whom, each of them', async () => {
    const { holder, waiters, release } = await crowd('lockdir', 'ab', { CT_LOCK_WARN_INTERVAL: '0.2' });
    for (const { child } of waiters) {
      const said = new Promise((told) => child.stderr?.once('data', (text) => told(String(text))));
      expect(await said).toContain(`pid ${holder.pid} on`);
    }
    release();
    for (const { ended } of waiters) expect((await ended).end).toBe(0);
  });

  test('get the lock of one who was killed with it', async () => {
    const { holder, waiters, got } = await crowd('lockdir', 'ab');
    holder.child.kill('SIGKILL');
    for (const { ended } of waiters) expect((await ended).end).toBe(0);
    expect(got()).toEqual(['a', 'b']);
  });

  test('leave the directory of somebody else alone, and ask as if there was nobody else', async () => {
    const [directory, aside] = [networkDirectory(), temporaryDirectory()];
    const produce = script(aside, 'produce', 'echo whole >"$last"');
    const theirs = join(aside, 'theirs');
    mkdirSync(theirs);
    chownSync(theirs, 65534, 65534);
    const own = `/tmp/.ct-locks.${process.geteuid?.()}`;
    const hide = `mount --make-rprivate / && mkdir -p ${own} && mount --bind ${theirs} ${own} && exec "$@"`;
    mkdirSync(join(directory, 'a.o.lockdir'));
    const args = ['compile', '--target=a.o', '--strategy=lockdir', '--', produce];
    const waiter = start(args, { cwd: directory }, ['unshare', '-m', 'sh', '-c', hide, 'sh', ...HELPER]);
    await until('the helper waits', () => readFileSync(`/proc/${waiter.pid}/cmdline`, 'latin1').startsWith(HELPER[0]));
    rmdirSync(join(directory, 'a.o.lockdir'));
    expect(await waiter.ended).toEqual({ end: 0, stdout: '', stderr: '' });
    expect(readdirSync(theirs)).toEqual([]);
  });

  // The other helper has less patience, because it may be a part of a program that has more to do.
  test.skipIf(HELPER.length > 1)('leave nothing behind because of those who look at the lock', async () => {
    const [directory, aside] = [networkDirectory(), temporaryDirectory()];
    const look = 'while :; do [ -e a.o.lockdir/pid ] && sleep 0.02 3<a.o.lockdir/pid; done';
    const looking = spawn('sh', ['-c', look], { cwd: directory, stdio: 'ignore' });
    onTestFinished(() => void looking.kill('SIGKILL'));
    const produce = script(aside, 'produce', 'sleep 0.03; echo whole >"$last"');
    const args = ['compile', '--target=a.o', '--strategy=lockdir', '--', produce];
    for (let round = 0; round < 10; round++) {
      expect(await start(args, { cwd: directory }).ended).toEqual({ end: 0, stdout: '', stderr: '' });
    }
    expect(leftIn(directory)).toEqual(['a.o']);
  });
});

describe('those who wait for a lock on a local file system', () => {
  const local = (strategy: string, names: string, environment: Record<string, string> = {}): Promise<Crowd> =>
    crowd(strategy, names, environment, temporaryDirectory);

  test.each(['lockdir', 'cifs', 'flock', 'fcntl'])('get it in the order in which they came (%s)', async (strategy) => {
    const { waiters, got, release } = await local(strategy, 'abcd');
    release();
    for (const { ended } of waiters) expect(await ended).toEqual({ end: 0, stdout: '', stderr: '' });
    expect(got()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('get it in that order when some were killed in between, and those before them too', async () => {
    const { waiters, got, release } = await local('lockdir', 'abcdef');
    for (const index of [0, 2, 4]) waiters[index]?.child.kill('SIGKILL');
    release();
    for (const index of [1, 3, 5]) expect((await waiters[index]?.ended)?.end).toBe(0);
    expect(got()).toEqual(['b', 'd', 'f']);
  });

  test('do not wait for ever for those who were stopped', async () => {
    const { waiters, got, release } = await local('cifs', 'abcd');
    for (const index of [0, 1, 2]) waiters[index]?.child.kill('SIGSTOP');
    release();
    expect((await waiters[3]?.ended)?.end).toBe(0);
    expect(got()).toEqual(['d']);
    for (const index of [0, 1, 2]) waiters[index]?.child.kill('SIGCONT');
    for (const index of [0, 1, 2]) expect((await waiters[index]?.ended)?.end).toBe(0);
  });

  test.each(['lockdir', 'flock'])('do not wait for ever for a first that hangs (%s)', async (strategy) => {
    const { directory, waiters, release } = await local(strategy, '');
    // It takes the place of the first and never asks.
    const path = join(realpathSync(directory), strategy === 'lockdir' ? 'a.o.lockdir' : 'a.o.lock');
    const hung = Queue.of(thisHost().name, path);
    hung?.join();
    expect(hung?.turn(0, 100)).toBe('first');
    const args = [
      'compile',
      '--target=a.o',
      `--strategy=${strategy}`,
      '--',
      script(directory, 'again', 'echo >"$last"'),
    ];
    for (const helper of [HELPER, TYPESCRIPT_HELPER]) {
      const waiter = start(args, { cwd: directory }, helper);
      await until('it queues', () => queues(waiter.pid));
      waiters.push(waiter);
    }
    release();
    for (const { ended } of waiters) expect(await ended).toEqual({ end: 0, stdout: '', stderr: '' });
    hung?.leave();
  });

  test.each(['lockdir', 'flock'])('say that they wait, and for whom, each of them (%s)', async (strategy) => {
    const { holder, waiters, release } = await local(strategy, 'abc', { CT_LOCK_WARN_INTERVAL: '0.4' });
    for (const { child } of waiters) {
      const said = new Promise((told) => child.stderr?.once('data', (text) => told(String(text))));
      expect(await said).toContain(`pid ${holder.pid} on`);
    }
    release();
    for (const { ended } of waiters) expect((await ended).end).toBe(0);
  });

  test.each(['lockdir', 'cifs'])('get the lock of one who was killed with it (%s)', async (strategy) => {
    const { holder, waiters, got } = await local(strategy, 'abc');
    holder.child.kill('SIGKILL');
    for (const { ended } of waiters) expect((await ended).end).toBe(0);
    expect(got()).toEqual(['a', 'b', 'c']);
  });
});

describe.skipIf(!canPassThrough)('a lock on a network file system (needs root and bindfs)', () => {
  test.each([
    ['lockdir', 'a.o.lockdir/pid'],
    ['cifs', 'a.o.lock.excl'],
  ])('is released also when its record is out of sight for a moment (%s)', async (strategy, record) => {
    // As it may be for a client of SMB that answers from its cache.
    const { directory, holder, release } = await crowd(strategy, '');
    const [there, elsewhere] = [join(directory, record), join(directory, 'elsewhere')];
    renameSync(there, elsewhere);
    release();
    await sleep(100);
    renameSync(elsewhere, there);
    expect(await holder.ended).toEqual({ end: 0, stdout: '', stderr: '' });
    expect(leftIn(directory, 'a.o.lock')).toEqual(['a.o']);
  });
});
