import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/until.js';
import {
  type Ended,
  HAS_GCC,
  HELPER,
  hasProgram,
  LOCK_NAMES,
  pidIn,
  runs,
  script,
  start,
  temporaryDirectory,
} from './helper.js';

/** Nothing of a compile lives when the next one enters, whoever of it was killed. */

const HAS_SETSID = hasProgram('setsid');
const isRoot = process.getuid?.() === 0;

/** What a compiler driver starts: hears no signal, and writes for as long as it lives. */
const WORKER = "trap '' TERM INT HUP; i=0; while [ $i -lt $1 ]; do echo first >> log; sleep 0.02; i=$((i+1)); done";

/** What a cache server does; it has a session of its own once it says who it is. */
const DAEMON = "setsid sh -c 'echo $$ > daemon; exec sleep 300'";

/** A driver with its worker. */
function driver(directory: string, before = ''): string {
  script(directory, 'worker', WORKER);
  return script(directory, 'driver', `trap '' TERM INT HUP\n${before}\n./worker 3000 & echo $! > child; wait`);
}

const compile = (strategy: string, ...command: string[]): string[] => [
  'compile',
  '--target=a.o',
  `--strategy=${strategy}`,
  '--',
  ...command,
];

/** The next compile: says when it is in, and stays for a while. */
function second(directory: string): string {
  return script(directory, 'second', 'echo second >> log; sleep 0.2; echo whole > "$last"');
}

async function untilItWrites(directory: string): Promise<void> {
  const log = join(directory, 'log');
  await until('the first one writes', () => existsSync(log) && readFileSync(log, 'utf8') !== '');
}

/** What the first one has written after the second one was in. */
function overlap(directory: string): string[] {
  const lines = readFileSync(join(directory, 'log'), 'utf8').trim().split('\n');
  expect(lines).toContain('first');
  expect(lines).toContain('second');
  return lines.slice(lines.indexOf('second')).filter((line) => line === 'first');
}

function endLater(pid: number): void {
  onTestFinished(() => {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  });
}

async function pidsIn(directory: string, ...names: string[]): Promise<number[]> {
  const pids = await Promise.all(names.map((name) => pidIn(join(directory, name))));
  pids.forEach(endLater);
  return pids;
}

describe.each(LOCK_NAMES)('when the helper is killed (%s)', (strategy) => {
  test('what the driver has started is gone before the next compile is in', async () => {
    const directory = temporaryDirectory();
    const first = start(compile(strategy, driver(directory)), { cwd: directory, stdio: 'ignore' });
    const [worker = 0] = await pidsIn(directory, 'child');
    await untilItWrites(directory);
    first.child.kill('SIGKILL');
    expect((await start(compile(strategy, second(directory)), { cwd: directory }).ended).end).toBe(0);
    expect(overlap(directory)).toEqual([]);
    expect(runs(worker)).toBe(false);
  });

  test('what has left the group of the command, but not its session, is waited for', async () => {
    const directory = temporaryDirectory();
    script(directory, 'worker', WORKER);
    // timeout(1) begins a process group.
    const first = script(directory, 'first', 'timeout 60 ./worker 60 & echo $! > child; wait');
    const killed = start(compile(strategy, first), { cwd: directory, stdio: 'ignore' });
    await pidsIn(directory, 'child');
    await untilItWrites(directory);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const next = start(compile(strategy, second(directory)), {
      cwd: directory,
      env: { ...process.env, CT_LOCK_WARN_INTERVAL: '0.2' },
    });
    const { end, stderr } = await next.ended;
    expect(end).toBe(0);
    expect(overlap(directory)).toEqual([]);
    expect(stderr).toMatch(
      new RegExp(`pid ${killed.pid} .*its process has ended, but process \\d+ of its command is still running`),
    );
  });

  test.skipIf(!HAS_SETSID)('a daemon that it has started is neither killed nor waited for (needs setsid)', async () => {
    const directory = temporaryDirectory();
    const command = driver(directory, `${DAEMON} &`);
    const killed = start(compile(strategy, command), { cwd: directory, stdio: 'ignore' });
    const [, daemon = 0] = await pidsIn(directory, 'child', 'daemon');
    await untilItWrites(directory);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const next = (): Promise<Ended> => start(compile(strategy, second(directory)), { cwd: directory }).ended;
    expect((await Promise.all([next(), next(), next()])).map(({ end }) => end)).toEqual([0, 0, 0]);
    expect(overlap(directory)).toEqual([]);
    expect(runs(daemon)).toBe(true);
  });

  test.skipIf(!HAS_SETSID)('a daemon of a compile that has ended well holds nothing (needs setsid)', async () => {
    const directory = temporaryDirectory();
    const command = script(directory, 'first', `${DAEMON} & echo first >> log; : > "$last"`);
    expect((await start(compile(strategy, command), { cwd: directory, stdio: 'ignore' }).ended).end).toBe(0);
    const [daemon = 0] = await pidsIn(directory, 'daemon');
    expect((await start(compile(strategy, second(directory)), { cwd: directory }).ended).end).toBe(0);
    expect(runs(daemon)).toBe(true);
  });
});

describe('when the driver is killed', () => {
  test.each(['lockdir', 'flock'])(
    'what it has started is ended before the lock is given back (%s)',
    async (strategy) => {
      const directory = temporaryDirectory();
      const command = driver(directory, 'echo $$ > self');
      const { ended } = start(compile(strategy, command), { cwd: directory, stdio: 'ignore' });
      const [self = 0, worker = 0] = await pidsIn(directory, 'self', 'child');
      await until('the first one writes', () => existsSync(join(directory, 'log')));
      process.kill(self, 'SIGKILL');
      expect((await ended).end).toBe(137);
      expect(runs(worker)).toBe(false);
    },
  );

  test('so is what it has started when a shell reports its death', async () => {
    const directory = temporaryDirectory();
    const command = driver(directory, 'echo $$ > self');
    const shell = script(directory, 'shell', `${command} "$last"; exit $?`);
    const { ended } = start(compile('flock', shell), { cwd: directory, stdio: 'ignore' });
    const [self = 0, worker = 0] = await pidsIn(directory, 'self', 'child');
    process.kill(self, 'SIGKILL');
    expect((await ended).end).toBe(137);
    expect(runs(worker)).toBe(false);
  });

  test('what a command that ends well leaves in the background goes on', async () => {
    const directory = temporaryDirectory();
    const command = script(directory, 'first', 'sleep 300 & echo $! > left; : > "$last"');
    expect((await start(compile('flock', command), { cwd: directory, stdio: 'ignore' }).ended).end).toBe(0);
    const [left = 0] = await pidsIn(directory, 'left');
    await sleep(50);
    expect(runs(left)).toBe(true);
  });
});

test('a command inherits no descriptor of a small number', async () => {
  const directory = temporaryDirectory();
  const command = script(directory, 'command', 'ls /proc/self/fd > fds; : > "$last"');
  await start(compile('flock', command), { cwd: directory, stdio: 'ignore' }).ended;
  const inherited = readFileSync(join(directory, 'fds'), 'utf8').trim().split('\n').map(Number);
  // 3 is the directory that ls reads.
  expect(inherited.filter((fd) => fd > 3 && fd < 40)).toEqual([]);
});

test.skipIf(!isRoot || HELPER.length > 1)(
  'the killed compile of another user is waited for, too (needs root)',
  async () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o777);
    writeFileSync(join(directory, 'log'), '');
    chmodSync(join(directory, 'log'), 0o666);
    script(directory, 'worker', WORKER);
    const first = script(directory, 'first', 'timeout 60 ./worker 50 & echo $! > child; wait');
    const as = (uid: number) => ({ cwd: directory, uid, gid: uid }) as const;
    const killed = start(compile('lockdir', first), { ...as(4711), stdio: 'ignore' });
    await pidsIn(directory, 'child');
    await until('the first one writes', () => readFileSync(join(directory, 'log'), 'utf8') !== '');
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect((await start(compile('lockdir', second(directory)), as(4712)).ended).end).toBe(0);
    expect(overlap(directory)).toEqual([]);
  },
);

test.skipIf(!HAS_GCC).each(LOCK_NAMES)(
  'the cc1 of a killed gcc is gone before the next compile is in (%s)',
  async (strategy) => {
    const directory = temporaryDirectory();
    const functions = Array.from(
      { length: 6000 },
      (_, i) => `int f${i}(int x) { for (int i = 0; i < x; i++) x ^= x * ${i} + (x >> i % 7); return x; }`,
    );
    writeFileSync(join(directory, 'slow.c'), functions.join('\n'));
    const killed = start(compile(strategy, 'gcc', '-O3', '-c', join(directory, 'slow.c')), {
      cwd: directory,
      stdio: 'ignore',
    });
    const findCc1 = (): number => runningOn(join(directory, 'slow.c'), 'cc1');
    await until('cc1 runs', () => findCc1() > 0);
    const cc1 = findCc1();
    endLater(cc1);

    killed.child.kill('SIGKILL');
    const next = script(
      directory,
      'next',
      `grep -sq '[ZX] ' /proc/${cc1}/stat || [ ! -e /proc/${cc1} ] && echo whole > "$last"`,
    );
    expect((await start(compile(strategy, next), { cwd: directory }).ended).end).toBe(0);
  },
);

/** The process of a program that has this among its arguments. */
function runningOn(argument: string, program: string): number {
  const found = readdirSync('/proc').find((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const [name = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return name.endsWith(`/${program}`) && args.includes(argument);
    } catch {
      return false;
    }
  });
  return Number(found ?? 0);
}
