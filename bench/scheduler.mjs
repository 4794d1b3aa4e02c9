// What a scheduler costs while there is nothing to do: fifty builds, each with a schedule that does not fire and a trigger.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const STAGELOCK = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'stagelock.js');
const BUILDS = 50;
const WARM_UP_MS = 15_000;
const IDLE_MS = 60_000;

export async function bench() {
  const root = mkdtempSync(join(tmpdir(), 'stagelock-bench-'));
  const scheduler = spawn(process.execPath, [STAGELOCK, 'schedule'], {
    cwd: root,
    env: { ...process.env, STAGELOCK_CONFIG: configuration(root) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise((resolve) => scheduler.once('exit', resolve));
  try {
    await sleep(WARM_UP_MS);
    const before = cpuMs(scheduler.pid);
    await sleep(IDLE_MS);
    const share = ((cpuMs(scheduler.pid) - before) / IDLE_MS) * 100;
    const [resident, peak] = ['VmRSS', 'VmHWM'].map((name) => memoryMb(scheduler.pid, name));
    const what = `stagelock schedule, idle, ${BUILDS} builds`;
    return [
      { what: `${what}: of one core`, against: '', value: share, unit: '%', atMost: 0.1, context: 'over 60 s' },
      {
        what: `${what}: resident memory`,
        against: '',
        value: resident,
        unit: 'MB',
        atMost: 80,
        context: `at its peak ${peak.toFixed(0)} MB`,
      },
    ];
  } finally {
    scheduler.kill('SIGTERM');
    await ended;
    rmSync(root, { recursive: true, force: true });
  }
}

/** A line that fires on the 29th of February only, since the benchmark may run in any minute. */
function configuration(root) {
  const builds = Array.from(
    { length: BUILDS },
    (_, i) => `[builds.b${i}]\ndirectory = "b${i}"\nschedule = "*/10 * 29 2 *"\nwatch = ["triggers/b${i}"]\n`,
  );
  mkdirSync(join(root, 'triggers'));
  mkdirSync(join(root, 'source'));
  const file = join(root, 'stagelock.toml');
  writeFileSync(
    file,
    `[project]\nname = "bench"\n[scheduler]\ntime_zone = "Europe/Berlin"\n[defaults]\nsource = "source"\n` +
      `[defaults.stages.build]\ncommand = ["true"]\n${builds.join('')}`,
  );
  return file;
}

/** Time on a processor of all its threads so far, by the kernel's scheduler: ticks miss those that run for microseconds. */
function cpuMs(pid) {
  const times = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return times.reduce((sum, time) => sum + time, 0) / 1e6;
}

function memoryMb(pid, name) {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}
