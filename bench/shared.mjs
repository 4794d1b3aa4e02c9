// A lock that several hold: `stagelock exec --shared` against `flock -s` as whole programs, and in process against the same lock taken alone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLock, openSlots } from '../dist/locks.js';
import { commandMs, interleaved } from './measure.mjs';
import { STAGELOCK } from './project.mjs';

const ROUNDS = 15;
const PER_ROUND = 100;
const STRATEGIES = ['flock', 'fcntl', 'lockdir', 'cifs'];

export async function bench() {
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-bench-'));
  try {
    return [...(await programs(join(directory, 'programs'))), ...(await inProcess(join(directory, 'in-process')))];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function programs(lock) {
  const exec = (...args) => commandMs(process.execPath, [STAGELOCK, 'exec', '--lock', lock, ...args, '--', 'true']);
  const ms = await interleaved(
    {
      flock: () => commandMs('flock', ['-s', `${lock}.lock`, 'true']),
      alone: () => exec(),
      shared: () => exec('--shared'),
      slots: () => exec('--slots', '3'),
    },
    ROUNDS,
  );
  const row = (what, key, against, name) => ({
    what,
    against: name,
    value: ms[key] / ms[against],
    context: `${ms[key].toFixed(1)} ms against ${ms[against].toFixed(1)} ms`,
  });
  return [
    row('stagelock exec --shared -- true', 'shared', 'flock', 'flock -s'),
    row('stagelock exec --shared -- true', 'shared', 'alone', 'exec without it'),
    row('stagelock exec --slots 3 -- true', 'slots', 'alone', 'exec without it'),
  ];
}

async function inProcess(target) {
  const candidates = {};
  for (const strategy of STRATEGIES) {
    const options = { strategy };
    const lock = openLock(`${target}-${strategy}`, options);
    const slots = openSlots(`${target}-${strategy}`, 3, options);
    candidates[`${strategy} alone`] = () => msOf(() => lock.acquire());
    candidates[`${strategy} shared`] = () => msOf(() => lock.acquireShared());
    candidates[`${strategy} slots`] = () => msOf(() => slots.acquire());
  }
  const ms = await interleaved(candidates, ROUNDS);
  return STRATEGIES.flatMap((strategy) =>
    ['shared', 'slots'].map((kind) => ({
      what: `${strategy}, ${kind}: acquire + release`,
      against: 'the same alone',
      value: ms[`${strategy} ${kind}`] / ms[`${strategy} alone`],
      context: `${(ms[`${strategy} ${kind}`] * 1000).toFixed(0)} us against ${(ms[`${strategy} alone`] * 1000).toFixed(0)} us`,
    })),
  );
}

/** Of one time. */
async function msOf(acquire) {
  const began = performance.now();
  for (let count = 0; count < PER_ROUND; count++) await (await acquire()).lock.release();
  return (performance.now() - began) / PER_ROUND;
}
