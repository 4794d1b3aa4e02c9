// What a scheduler does in the minute in which a thousand builds fire: how long its event loop stands still at most, whether
// it hears SIGTERM, and how many of the runs that it may have at once go on.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const STAGELOCK = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'stagelock.js');
const BUILDS = Number(process.env.STAGELOCK_BURST ?? 1000);
/** From the beginning of the minute: long enough for all to have fired and for the first to have run. */
const WATCHED_MS = 30_000;

/**
 * Told by the process itself, since nobody else sees its loop: the longest time for which a timer of 5 ms did not come, and the
 * most that the process worked in such a time, since on a busy machine it stands still because others run.
 */
const WATCHDOG = `
let last = performance.now(), lastCpu = process.cpuUsage(), since = Infinity;
const longest = { waited: 0, worked: 0 };
setInterval(() => {
  const now = performance.now(), { user, system } = process.cpuUsage(lastCpu);
  const waited = now - last - 5, worked = Math.min(waited, (user + system) / 1000);
  if (Date.now() >= since) {
    longest.waited = Math.max(longest.waited, waited);
    longest.worked = Math.max(longest.worked, worked);
  }
  last = now;
  lastCpu = process.cpuUsage();
}, 5).unref();
since = Number(process.env.WATCH_FROM);
process.on('exit', () => require('node:fs').writeFileSync(process.env.WATCH_FILE, JSON.stringify(longest)));
`;

export async function bench() {
  const root = mkdtempSync(join(tmpdir(), 'stagelock-bench-'));
  const file = join(root, 'longest');
  writeFileSync(join(root, 'watchdog.cjs'), WATCHDOG);
  const config = configuration(root);
  // It needs some seconds to begin a thousand builds; the minute after that is the one.
  const minute = Math.ceil((Date.now() + 25_000) / 60_000) * 60_000;
  const scheduler = spawn(process.execPath, ['--require', join(root, 'watchdog.cjs'), STAGELOCK, 'schedule'], {
    cwd: root,
    env: { ...process.env, STAGELOCK_CONFIG: config, WATCH_FROM: String(minute - 1000), WATCH_FILE: file },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let begun = 0;
  scheduler.stdout.on('data', (chunk) => {
    begun += String(chunk).split('begins the run').length - 1;
  });
  const ended = new Promise((resolve) => scheduler.once('exit', resolve));
  try {
    await sleep(minute - Date.now() + WATCHED_MS);
    const before = performance.now();
    scheduler.kill('SIGTERM');
    await ended;
    const { waited, worked } = JSON.parse(readFileSync(file, 'utf8'));
    const what = `stagelock schedule, the minute in which ${BUILDS} builds fire`;
    return [
      {
        what: `${what}: its event loop stands still for its own work`,
        against: '',
        value: worked,
        unit: 'ms',
        atMost: 50,
        context: `with what others ran meanwhile ${waited.toFixed(0)} ms; ${begun} runs begun in ${WATCHED_MS / 1000} s`,
      },
      {
        what: 'the same: from SIGTERM to its end, with runs of some ms',
        against: '',
        value: performance.now() - before,
        unit: 'ms',
        atMost: 1000,
        context: '',
      },
    ];
  } finally {
    scheduler.kill('SIGKILL');
    await ended;
    rmSync(root, { recursive: true, force: true });
  }
}

function configuration(root) {
  const builds = Array.from(
    { length: BUILDS },
    (_, i) => `[builds.b${i}]\ndirectory = "b${i}"\nschedule = "* * * * *"\n`,
  );
  mkdirSync(join(root, 'source'));
  const file = join(root, 'stagelock.toml');
  writeFileSync(
    file,
    `[project]\nname = "bench"\n[defaults]\nsource = "source"\n` +
      `[defaults.stages.build]\ncommand = ["true"]\n${builds.join('')}`,
  );
  return file;
}
