// What a scheduler does before it has nothing to do.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { countIn, straceInto } from './tracing.mjs';
import { makeProject } from './world.mjs';

const QUIET_MS = 1500;
const PATIENCE_MS = 120_000;

/** Of all threads of a process, by the kernel's scheduler. */
function useOf(pid) {
  const times = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return times.reduce((sum, time) => sum + time, 0) / 1e6;
}

/** Until it does next to nothing any more. */
async function untilQuiet(pid) {
  const end = Date.now() + PATIENCE_MS;
  let before = useOf(pid);
  for (;;) {
    await sleep(QUIET_MS);
    const now = useOf(pid);
    if (now - before < QUIET_MS / 50) return now;
    if (Date.now() > end) throw new Error('a scheduler never comes to rest');
    before = now;
  }
}

async function started(argv, options) {
  const child = spawn(argv[0], argv.slice(1), { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await sleep(500);
  return { child, ended, said: () => said };
}

/** @param watch the words of each build */
async function start(size, watch) {
  const world = makeProject({ builds: size, of: watch });
  world.write('elsewhere/triggers/news', '');
  const { argv, cwd, env } = world.stagelock('schedule');
  const command = [process.execPath, ...argv.slice(1)];
  const pids = [];
  try {
    const bare = await started(command, { cwd, env });
    pids.push(bare.child.pid);
    const cpuMs = await untilQuiet(bare.child.pid);
    const peakMb =
      Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${bare.child.pid}/status`, 'utf8'))[1]) / 1024;
    bare.child.kill('SIGTERM');
    await bare.ended;
    const file = world.path('calls');
    const traced = await started(['strace', ...straceInto(file), ...command], { cwd, env });
    const [scheduler] = readFileSync(`/proc/${traced.child.pid}/task/${traced.child.pid}/children`, 'utf8')
      .split(' ')
      .map(Number);
    pids.push(scheduler);
    await untilQuiet(scheduler);
    process.kill(scheduler, 'SIGTERM');
    await traced.ended;
    if (bare.said() !== '') throw new Error(bare.said().slice(0, 2000));
    return { calls: countIn(file), cpuMs, peakMb };
  } finally {
    for (const pid of pids) if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
    world.remove();
  }
}

export const dimensions = [
  {
    name: 'builds with a watch each, the start of their scheduler',
    growth: 'linear',
    cpu: 'linear',
    measure: (size) => start(size, 'watch = ["elsewhere/triggers"]\n'),
  },
];
