// Helpers that wait for one lock: what they cost while nothing happens, and until the last of them has had it.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { countIn, straceInto } from './tracing.mjs';
import { environment, numbers, program, World } from './world.mjs';

const STRATEGIES = ['lockdir', 'cifs', 'flock', 'fcntl'];
const SIZES = [3, 30, 300];
const IDLE_MS = 4000;
const PATIENCE_MS = 120_000;
/** A hand-over under strace, at most. */
const SLOWEST_MS = 250;

/** A world in which somebody holds a lock until a file is removed. */
async function withHolder(strategy) {
  const world = new World();
  world.write('bin/make', '#!/bin/sh\nfor last; do :; done; echo made > "$last"\n');
  world.write(
    'bin/hold',
    '#!/bin/sh\nwhile [ -e held ]; do sleep 0.05; done\nfor last; do :; done; echo made > "$last"\n',
  );
  world.run('bin', 'chmod', '+x', 'make', 'hold');
  world.write('objects/held', '');
  const compile = (command) => ({
    argv: [
      program('ct-lock-helper'),
      'compile',
      '--target=x.o',
      `--strategy=${strategy}`,
      '--',
      world.path('bin', command),
    ],
    options: { cwd: world.path('objects'), env: environment, stdio: 'ignore' },
  });
  const holder = started(compile('hold'));
  await until(() => world.names('objects').some((name) => name.startsWith('x.o.')), 'the lock is taken');
  return { world, holder, wait: compile('make') };
}

function started({ argv: [name, ...args], options }) {
  const child = spawn(name, args, options);
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${name}: exit ${code}`))));
  });
  ended.catch(() => undefined);
  return { pid: child.pid, ended, kill: () => child.kill('SIGTERM') };
}

async function until(holds, what) {
  for (const end = Date.now() + PATIENCE_MS; !holds(); await sleep(20)) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
  }
}

/** Whether a process has a place in a queue. */
function queues(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).endsWith('/turns'));
  } catch {
    return false; // strace has not started it yet
  }
}

/** Time on a processor so far, by the kernel's scheduler: ticks miss those who run for microseconds. */
const cpuMs = (pids) =>
  pids.reduce((sum, pid) => sum + Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]), 0) / 1e6;

async function ends(children) {
  await Promise.all(children.map(({ ended }) => ended));
}

/** Each of them in the place of what it is to trace, which has its own end. */
function tracing(pids, file) {
  const strace = spawn('strace', [...straceInto(file), ...pids.flatMap((pid) => ['-p', String(pid)])], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return {
    ended: new Promise((resolve) => strace.once('exit', resolve)),
    stop: () => strace.kill('SIGINT'),
  };
}

const isTraced = (pid) => !/^TracerPid:\t0$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

/** @param measure what is measured while they wait, and until they have ended */
async function crowd(size, strategy, measure) {
  const { world, holder, wait } = await withHolder(strategy);
  try {
    const waiters = [];
    for (const number of numbers(size)) {
      waiters.push(started(wait));
      if (number % 50 === 0) await sleep(100);
    }
    const pids = waiters.map(({ pid }) => pid);
    await until(() => pids.every(queues), 'all wait');
    const release = () => world.run('objects', 'rm', 'held');
    return await measure({ pids, release, ended: () => ends([holder, ...waiters]), file: world.path('calls') });
  } finally {
    holder.kill();
    world.remove();
  }
}

const idle = (size, strategy) =>
  crowd(size, strategy, async ({ pids, release, ended, file }) => {
    const trace = tracing(pids, file);
    await until(() => pids.every(isTraced), 'all are traced');
    await sleep(IDLE_MS);
    trace.stop();
    await trace.ended;
    const before = cpuMs(pids);
    await sleep(IDLE_MS);
    const used = cpuMs(pids) - before;
    release();
    await ended();
    return { calls: countIn(file), cpuMs: used };
  });

const drain = (size, strategy) =>
  crowd(size, strategy, async ({ pids, release, ended, file }) => {
    const trace = tracing(pids, file);
    await until(() => pids.every(isTraced), 'all are traced');
    const began = performance.now();
    release();
    await ended();
    await trace.ended;
    // On a machine that is this busy most calls are those of waiters that look now and then, and say nothing of hand-overs.
    const isStarved = performance.now() - began > 5000 + SLOWEST_MS * pids.length;
    return { calls: isStarved ? undefined : countIn(file) };
  });

export const dimensions = STRATEGIES.flatMap((strategy) => [
  {
    name: `helpers that wait (${strategy}), four seconds`,
    growth: 'linear',
    sizes: SIZES,
    noise: 150,
    measure: (size) => idle(size, strategy),
  },
  {
    name: `helpers that wait (${strategy}), until all have had the lock`,
    growth: 'linear',
    sizes: SIZES,
    measure: (size) => drain(size, strategy),
  },
]);
