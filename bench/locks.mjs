// Taking and giving back a lock that nobody else wants, in process: against the npm package proper-lockfile, and lockdir against
// the system calls without which there is none.
import {
  chmodSync,
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
import { openLock } from '../dist/locks.js';
import { internal } from './internals.mjs';
import { interleaved } from './measure.mjs';

const ROUNDS = 15;
const PER_ROUND = 300;
/** Rounds too short to be interrupted, so that most are not. */
const BARE_ROUNDS = 101;
const PER_BARE_ROUND = 30;
const STRATEGIES = ['lockdir', 'cifs', 'flock', 'fcntl'];
const TARGETS = { flock: 10 };
/** A file system in memory leaves less to hide behind. */
const BARE_TARGETS = { ext4: 0.9, tmpfs: 0.8 };
const { O_CREAT, O_EXCL, O_WRONLY } = constants;

export async function bench() {
  const places = [tmpdir(), '/dev/shm'].filter((place) => existsSync(place));
  const rows = [];
  for (const place of places) rows.push(...(await benchIn(place)));
  return rows;
}

async function benchIn(place) {
  const directory = mkdtempSync(join(place, 'stagelock-bench-'));
  const { filesystemOf } = await internal('locks/filesystem.ts');
  const { name } = filesystemOf(directory);
  try {
    const target = join(directory, 'main.o');
    const other = join(directory, 'other.o');
    for (const path of [target, other]) writeFileSync(path, '');
    const candidates = {
      proper: () => rate(async () => (await properLockfile.lock(other))()),
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
      ...(await lockdirRows(directory, name)),
    ];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Against what any lockdir has to do. */
async function lockdirRows(directory, name) {
  const group = join(directory, 'group');
  mkdirSync(group);
  chmodSync(group, 0o2775);
  const [own, shared] = [directory, group].map((place) => openLock(join(place, 'o.o'), { strategy: 'lockdir' }));
  const rates = await interleaved(
    {
      own: () => rate(async () => (await own.acquire()).lock.release(), PER_BARE_ROUND),
      bare: () => rate(async () => bareCalls(join(directory, 'bare')), PER_BARE_ROUND),
      shared: () => rate(async () => (await shared.acquire()).lock.release(), PER_BARE_ROUND),
    },
    BARE_ROUNDS,
  );
  return [
    {
      what: `lockdir: acquire + release (${name})`,
      against: 'its bare system calls',
      value: rates.own / rates.bare,
      atLeast: BARE_TARGETS[name],
      context: `${Math.round(rates.own)}/s against ${Math.round(rates.bare)}/s`,
    },
    {
      what: `the same where a group may write (${name})`,
      against: 'the same calls',
      value: rates.shared / rates.bare,
      context: `umask ${process.umask().toString(8).padStart(3, '0')}`,
    },
  ];
}

async function rate(once, times = PER_ROUND) {
  const began = performance.now();
  for (let number = 0; number < times; number++) await once();
  return (times * 1000) / (performance.now() - began);
}

function bareCalls(path) {
  mkdirSync(path, 0o775);
  const fd = openSync(join(path, 'pid'), O_WRONLY | O_CREAT | O_EXCL, 0o664);
  writeSync(fd, 'host:4711');
  closeSync(fd);
  unlinkSync(join(path, 'pid'));
  rmdirSync(path);
}
