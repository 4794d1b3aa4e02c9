// What it costs to start a program that has nothing to do, as cron does every minute.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { commandMs, interleaved, median } from './measure.mjs';
import { environment, STAGELOCK, withProject } from './project.mjs';

const ROUNDS = 25;
const FETCH = ['fetch', '--quiet', '--no-tags', 'origin', '+refs/heads/main:refs/remotes/origin/main'];

export async function bench() {
  return withProject(async ({ source, command }) => {
    const node = (...args) => commandMs(process.execPath, args, { env: environment });
    // The first run builds; from then on there is nothing to do.
    node(...command('main'));
    node(...command('second'));
    const ms = await interleaved(
      {
        empty: () => node('-e', '0'),
        version: () => node(STAGELOCK, '--version'),
        fetch: () => commandMs('git', FETCH, { cwd: source, env: environment }),
        primary: () => node(...command('main')),
        secondary: () => node(...command('second')),
      },
      ROUNDS,
    );
    const peaks = [];
    for (let round = 0; round < 5; round++) peaks.push(await peakMb(command('main')));
    const context = (key) => `${ms[key].toFixed(0)} ms against ${ms.empty.toFixed(0)} ms`;
    const empty = 'node -e 0';
    return [
      {
        what: 'stagelock --version',
        against: empty,
        value: ms.version / ms.empty,
        atMost: 1.3,
        context: context('version'),
      },
      {
        what: 'stagelock run, nothing to do, without its git fetch',
        against: empty,
        value: (ms.primary - ms.fetch) / ms.empty,
        atMost: 2.5,
        context: `${context('primary')} and ${ms.fetch.toFixed(0)} ms of git fetch`,
      },
      {
        what: 'stagelock run of a secondary, nothing to do',
        against: empty,
        value: ms.secondary / ms.empty,
        context: context('secondary'),
      },
      { what: 'stagelock run, peak resident memory', against: '', value: median(peaks), unit: 'MB', atMost: 90 },
    ];
  });
}

/** The kernel's own high-water mark, read until the process is gone. */
function peakMb(args) {
  return new Promise((resolve, reject) => {
    let peak = 0;
    const child = spawn(process.execPath, args, { env: environment, stdio: 'ignore' });
    const look = () => {
      try {
        const kb = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
        peak = Math.max(peak, Number(kb ?? 0) / 1024);
      } catch {
        // It has ended.
      }
    };
    const timer = setInterval(look, 2);
    child.once('error', reject);
    child.once('exit', () => {
      clearInterval(timer);
      resolve(peak);
    });
  });
}
