// Taking and giving back a lock that nobody else wants, in process, against the npm package proper-lockfile.
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import properLockfile from 'proper-lockfile';
import { filesystemOf, openLock } from '../dist/locks.js';
import { interleaved } from './measure.mjs';

const ROUNDS = 15;
const PER_ROUND = 300;
const STRATEGIES = ['lockdir', 'cifs', 'flock', 'fcntl'];
const TARGETS = { lockdir: 5, flock: 10 };
const { O_CREAT, O_EXCL, O_WRONLY } = constants;

export async function bench() {
  const places = [tmpdir(), '/dev/shm'].filter((place) => existsSync(place));
  const rows = [];
  for (const place of places) rows.push(...(await benchIn(place)));
  return rows;
}

async function benchIn(place) {
  const directory = mkdtempSync(join(place, 'stagelock-bench-'));
  const { name } = filesystemOf(directory);
  try {
    const target = join(directory, 'main.o');
    const other = join(directory, 'other.o');
    for (const path of [target, other]) writeFileSync(path, '');
    const candidates = {
      proper: () => rate(async () => (await properLockfile.lock(other))()),
      properSync: () => rate(() => properLockfile.lockSync(other)()),
      bare: () => rate(() => bareCalls(`${target}.bare`)),
    };
    for (const strategy of STRATEGIES) {
      const lock = openLock(target, { strategy });
      candidates[strategy] = () => rate(async () => (await lock.acquire()).lock.release());
    }
    const rates = await interleaved(candidates, ROUNDS);
    const context = (key) => `${name}: ${Math.round(rates[key])}/s against ${Math.round(rates.proper)}/s`;
    return [
      ...STRATEGIES.map((strategy) => ({
        what: `${strategy}: acquire + release (${name})`,
        against: 'proper-lockfile',
        value: rates[strategy] / rates.proper,
        atLeast: TARGETS[strategy],
        context: context(strategy),
      })),
      {
        what: `the bare system calls of lockdir (${name})`,
        against: 'proper-lockfile',
        value: rates.bare / rates.proper,
        context: `${context('bare')}; no lockdir can be faster`,
      },
      { what: `lockdir (${name})`, against: 'its bare system calls', value: rates.lockdir / rates.bare },
      { what: `lockdir (${name})`, against: 'proper-lockfile, lockSync', value: rates.lockdir / rates.properSync },
    ];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function rate(once) {
  const began = performance.now();
  for (let number = 0; number < PER_ROUND; number++) await once();
  return (PER_ROUND * 1000) / (performance.now() - began);
}

function bareCalls(path) {
  mkdirSync(path, 0o775);
  const fd = openSync(join(path, 'pid'), O_WRONLY | O_CREAT | O_EXCL, 0o664);
  writeSync(fd, 'host:4711');
  closeSync(fd);
  unlinkSync(join(path, 'pid'));
  rmdirSync(path);
}
