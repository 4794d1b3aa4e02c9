// How soon somebody who waits goes on, and what waiting costs.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, unlinkSync, watch, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLock } from '../dist/locks.js';
import { commandMs, median } from './measure.mjs';
import { environment, withProject } from './project.mjs';

const ROUNDS = 12;
const IDLE_MS = 20_000;
const TICKS_PER_SECOND = 100;

export async function bench() {
  return [...(await secondaries()), ...(await objectLocks())];
}

/** A secondary that waits for the end of its primary's update, which this process plays. */
function secondaries() {
  return withProject(async ({ temporary, command, commit }) => {
    commandMs(process.execPath, command('main'), { env: environment });
    commandMs(process.execPath, command('second'), { env: environment });
    const update = join(temporary, 'update');
    const latencies = [];
    let cpuMs = 0;
    for (let round = 0; round <= ROUNDS; round++) {
      // There is news, so that it would build after its wait.
      commit();
      commandMs(process.execPath, command('main'), { env: environment });
      writeFileSync(update, `${JSON.stringify(updateLock())}\n`);
      const joined = appears(temporary, 'running.second');
      const child = spawn(process.execPath, command('second'), { env: environment, stdio: 'ignore' });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      // Ample to start and begin to wait; the last round waits for long.
      await sleep(1200 + round * 37);
      if (round === ROUNDS) {
        await sleep(15_000); // some seconds after its start V8 tidies up, once
        const before = ticksOf(child.pid);
        await sleep(IDLE_MS);
        cpuMs = ((ticksOf(child.pid) - before) * 1000) / TICKS_PER_SECOND;
      }
      const released = performance.now();
      unlinkSync(update);
      const at = await joined;
      if (round > 0) latencies.push(at - released);
      await ended;
    }
    return [
      {
        what: 'a waiting secondary joins after the end of the update',
        against: '',
        value: median(latencies),
        unit: 'ms',
        atMost: 50,
        context: `worst of ${latencies.length}: ${Math.max(...latencies).toFixed(0)} ms`,
      },
      {
        what: `its CPU time while it waits for ${IDLE_MS / 1000} s`,
        against: '',
        value: cpuMs,
        unit: 'ms',
        atMost: 10,
        context: 'counted in ticks of 10 ms',
      },
    ];
  });
}

/** Two holders in turn within one process, which sees both ends by the same clock. */
async function objectLocks() {
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-bench-'));
  try {
    const rows = [];
    for (const strategy of ['lockdir', 'cifs', 'flock', 'fcntl']) {
      const latencies = [];
      for (let round = 0; round <= ROUNDS; round++) {
        const target = join(directory, `${strategy}.o`);
        const held = openLock(target, { strategy }).try();
        const waiting = openLock(target, { strategy })
          .acquire()
          .then(({ lock }) => [performance.now(), lock]);
        await sleep(150 + round * 13);
        const released = performance.now();
        held.release();
        const [at, lock] = await waiting;
        lock.release();
        if (round > 0) latencies.push(at - released);
      }
      rows.push({
        what: `${strategy}: the next one has a released lock after`,
        against: '',
        value: median(latencies),
        unit: 'ms',
        context: `worst of ${latencies.length}: ${Math.max(...latencies).toFixed(1)} ms`,
      });
    }
    return rows;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** When a file of that name appears in a directory. */
function appears(directory, name) {
  return new Promise((resolve) => {
    const watcher = watch(directory, (_event, found) => {
      if (found !== name) return;
      const at = performance.now();
      watcher.close();
      resolve(at);
    });
  });
}

function updateLock() {
  const since = new Date().toISOString();
  const who = { site: hostname(), host: hostname(), pid: process.pid, user: 'bench', command: 'bench' };
  return { stage: 'update', build: 'main', ...who, since, buildstamp: '20240506-0708-Continuous', run: 'bench' };
}

/** CPU time of a process in clock ticks, its kernel part included. */
function ticksOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
