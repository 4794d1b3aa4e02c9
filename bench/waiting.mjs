// What waiting helpers cost, and how soon the next one goes on.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compileCommand, STRATEGIES, withCommand } from './command.mjs';
import { median } from './measure.mjs';

const ROUNDS = 15;
const WAITERS = 200;
const IDLE_MS = 5000;

export function bench() {
  return withCommand(async (directory, command) => [
    ...(await handOvers(directory, command)),
    ...(await crowds(directory, command)),
  ]);
}

/** From the end of one command to the begin of the next, which includes publishing, releasing and starting it. */
async function handOvers(directory, command) {
  const target = join(directory, 'x.o');
  const stamps = join(directory, 'stamps');
  const wrapped = {
    'flock(1)': ['flock', `${target}.flock`, command, '100', stamps, '-o', target],
    ...Object.fromEntries(
      STRATEGIES.map((strategy) => [strategy, compileCommand(target, strategy, command, '100', stamps)]),
    ),
  };
  const latencies = Object.fromEntries(Object.keys(wrapped).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, words] of Object.entries(wrapped)) {
      rmSync(stamps, { force: true });
      await Promise.all([ended(words), ended(words)]);
      const [, firstEnd, secondBegin] = readFileSync(stamps, 'utf8')
        .split('\n')
        .map((line) => Number(line.split(' ')[1]));
      latencies[name].push(secondBegin - firstEnd);
    }
  }
  const usual = median(latencies['flock(1)']);
  return STRATEGIES.map((strategy) => ({
    what: `ct-lock-helper, ${strategy}: the next command begins after the end of the one before`,
    against: '',
    value: median(latencies[strategy]),
    unit: 'ms',
    atMost: strategy === 'lockdir' ? 50 : 5,
    context: `worst of ${ROUNDS}: ${Math.max(...latencies[strategy]).toFixed(1)} ms; flock(1): ${usual.toFixed(1)} ms`,
  }));
}

function ended([program, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${program}: exit ${code}`))));
  });
}

/** Many helpers that wait for one lock. */
async function crowds(directory, command) {
  const rows = [];
  for (const strategy of STRATEGIES) {
    const words = compileCommand(join(directory, `crowd-${strategy}.o`), strategy, command, '60000', '-');
    const start = () => spawn(words[0], words.slice(1), { stdio: 'ignore' });
    const holder = start();
    await sleep(300);
    const waiters = Array.from({ length: WAITERS }, start);
    await sleep(3000);
    const before = cpuMs(waiters);
    await sleep(IDLE_MS);
    const share = ((cpuMs(waiters) - before) / IDLE_MS) * 100;
    const memory = Math.max(...waiters.map(({ pid }) => residentMb(pid)));
    const gone = [holder, ...waiters].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of [...waiters, holder]) child.kill('SIGTERM');
    await Promise.all(gone);
    rows.push(
      {
        what: `${WAITERS} helpers that wait for one lock, ${strategy}: of one core`,
        against: '',
        value: share,
        unit: '%',
        atMost: 5,
      },
      { what: `each of them, ${strategy}: resident memory`, against: '', value: memory, unit: 'MB', atMost: 3 },
    );
  }
  return rows;
}

/** Time on a processor so far, from the scheduler itself: ticks miss those who only run for microseconds. */
function cpuMs(children) {
  const times = children.map(({ pid }) => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]));
  return times.reduce((sum, time) => sum + time, 0) / 1e6;
}

function residentMb(pid) {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}
