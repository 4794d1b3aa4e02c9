// A real process that uses the locks as the program does, for the tests in this directory. What it does is its first argument; its
// other arguments come as JSON in the second one. It reports by lines on standard output.
import {
  constants,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [action, json] = process.argv.slice(2);
const options = JSON.parse(json);
// Another copy of dist/ where a test wants one, such as one that finds no koffi.
const { openLock, openShareableLock, openSlots, createExclusively, replaceAtomically, thisHost } = await import(
  process.env.LOCKS_MODULE ?? '../../dist/internals/locks.js'
);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (line) => writeSync(1, `${line}\n`);
const told = async () => (await lines.next()).value;

/** Who is inside, told by a flock(2) of the kernel that has nothing to do with the lock under test. */
function witness(path) {
  const koffi = createRequire(import.meta.url)('koffi');
  const flock = koffi.load(null).func('flock', 'int', ['int', 'int']);
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT);
  const enter = () => flock(fd, 2 | 4) === 0;
  return {
    /** False when somebody else is inside, too. */
    enter: () => {
      let entered = enter();
      // The kernel gives the locks of a killed process back one by one, maybe ours last, and may pause in between.
      while (!entered && isEnding(Number(readFileSync(path, 'utf8')))) entered = enter();
      if (entered) writeSync(fd, String(process.pid).padStart(10), 0);
      return entered;
    },
    leave: () => flock(fd, 8),
  };
}

/** Whether the kernel is taking a process apart: all its threads have PF_EXITING. */
function isEnding(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) => {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      return (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[6]) & 4) !== 0;
    });
  } catch {
    return true; // it is gone
  }
}

/** The same of those who may be inside together: `alone`, `shared`, or a number, of which each excludes itself only. */
function witnessOfSharers(path) {
  const koffi = createRequire(import.meta.url)('koffi');
  const flock = koffi.load(null).func('flock', 'int', ['int', 'int']);
  const open = (name) => openSync(join(path, name), constants.O_RDWR | constants.O_CREAT);
  const all = open('all');
  const slots = new Map();
  const mine = join(path, `pid-${process.pid}`);
  const others = () => readdirSync(path).flatMap((name) => (/^pid-\d+$/.test(name) ? [Number(name.slice(4))] : []));
  const attempt = (kind, count) => {
    if (flock(all, (kind === 'alone' ? 2 : 1) | 4) !== 0) return undefined;
    if (kind !== 'slot') return [all];
    for (let number = 0; number < count; number++) {
      const fd = slots.get(number) ?? open(`slot-${number}`);
      slots.set(number, fd);
      if (flock(fd, 2 | 4) === 0) return [all, fd];
    }
    flock(all, 8);
    return undefined;
  };
  let held = [];
  return {
    /** False when somebody is inside who must not be. */
    enter: (kind, count) => {
      let got = attempt(kind, count);
      // What the kernel takes apart may keep its locks for a moment.
      for (let tries = 0; got === undefined && others().some(isEnding) && tries < 100_000; tries++)
        got = attempt(kind, count);
      held = got ?? [];
      writeFileSync(mine, '');
      return got !== undefined;
    },
    leave: () => {
      unlinkSync(mine);
      for (const fd of held) flock(fd, 8);
    },
  };
}

const actions = {
  /** Holds a lock together with others, or alone, says so, and gives it back when told to. */
  async share({ target, strategy, settings, slots, alone = false, timeoutMs }) {
    const lock = openShareableLock(target, { strategy, settings });
    const acquisition = alone
      ? await lock.acquire({ timeoutMs })
      : slots === undefined
        ? await lock.acquireShared({ timeoutMs })
        : await openSlots(target, slots, { strategy, settings }).acquire({ timeoutMs });
    say(acquisition.kind === 'acquired' ? 'held' : JSON.stringify(acquisition));
    await told();
    say(await acquisition.lock.release());
  },

  /** Takes the lock in one of three ways and gives it back, over and over, and counts when somebody was inside who must not be. */
  async mingle({ target, strategy, rounds, witnessPath, settings, slots, seed }) {
    const inside = witnessOfSharers(witnessPath);
    const options = { strategy, settings: { pollMs: 5, ...settings } };
    const lock = openShareableLock(target, options);
    const some = openSlots(target, slots, options);
    const counts = { rounds, overlaps: 0, lost: 0 };
    let state = seed;
    say('ready');
    await told();
    for (let round = 0; round < rounds; round++) {
      state = (state * 1103515245 + 12345) % 2147483648;
      const kind = ['alone', 'shared', 'shared', 'slot'][(state >> 16) % 4];
      const wait = { timeoutMs: 50_000 };
      const acquisition =
        kind === 'alone'
          ? await lock.acquire(wait)
          : kind === 'shared'
            ? await lock.acquireShared(wait)
            : await some.acquire(wait);
      if (acquisition.kind !== 'acquired') throw new Error(`not ${kind}: ${JSON.stringify(acquisition)}`);
      if (!inside.enter(kind, slots)) counts.overlaps++;
      await new Promise((resolve) => setTimeout(resolve, (state >> 18) % 4));
      inside.leave();
      if ((await acquisition.lock.release()) === 'lost') counts.lost++;
    }
    say(JSON.stringify(counts));
  },

  /** Takes the lock, says so, and gives it back when told to. */
  async hold({ target, strategy, settings }) {
    const { lock } = await openLock(target, { strategy, settings }).acquire();
    say('held');
    await told();
    say(lock.release());
  },

  /** What this process thinks of a lock. */
  async inspect({ target, strategy }) {
    say(JSON.stringify(openLock(target, { strategy }).inspect()));
  },

  async breakLock({ target, strategy }) {
    say(JSON.stringify(await openLock(target, { strategy }).break()));
  },

  async facts({ pid }) {
    const host = thisHost();
    say(JSON.stringify({ name: host.name, pid: host.pid, of: host.process(pid ?? host.pid), now: Date.now() }));
  },

  /** Takes the lock and gives it back, over and over, and counts when somebody else was inside at the same time. */
  async contend({ target, strategy, rounds, witnessPath, settings, removes }) {
    const inside = witness(witnessPath);
    const lock = openLock(target, { strategy, settings: { pollMs: 2, ...settings } });
    let overlaps = 0;
    let lost = 0;
    say('ready');
    await told();
    for (let round = 0; round < rounds; round++) {
      const acquisition = await lock.acquire({ timeoutMs: 30_000 });
      if (acquisition.kind !== 'acquired') throw new Error(`not acquired: ${JSON.stringify(acquisition.holder)}`);
      if (!inside.enter()) overlaps++;
      if (round % 3 === 0) await new Promise(setImmediate);
      inside.leave();
      if (removes) unlinkSync(lock.path);
      if (acquisition.lock.release() === 'lost') lost++;
    }
    say(JSON.stringify({ rounds, overlaps, lost }));
  },

  /**
   * Takes the lock whoever of the dead had it, and leaves it behind as the lock of a dead owner, over and over: every
   * round begins with several processes that see one stale lock.
   */
  async scavenge({ target, strategy, seconds, leastRounds = 0, witnessPath, deadPid, record }) {
    const inside = witness(witnessPath);
    const lock = openLock(target, { strategy });
    const epitaph = `${thisHost().name}:${deadPid}`;
    const counts = { rounds: 0, overlaps: 0, broken: 0 };
    say('ready');
    await told();
    const end = Date.now() + seconds * 1000;
    // On a busy machine some take longer to get in at all.
    while (Date.now() < end || counts.rounds < leastRounds) {
      if (lock.try() === undefined) {
        if ((await lock.break()).kind === 'broken') counts.broken++;
        continue;
      }
      counts.rounds++;
      if (!inside.enter()) counts.overlaps++;
      inside.leave();
      writeFileSync(record, epitaph);
    }
    say(JSON.stringify(counts));
  },

  /** Creates numbered files that others create, too. */
  async create({ directory, count, name }) {
    say('ready');
    await told();
    let won = 0;
    for (let number = 0; number < count; number++) {
      const content = `${name} ${'x'.repeat(3000)} ${name}\n`;
      if (createExclusively(join(directory, `file-${number}`), content) === 'created') won++;
    }
    say(String(won));
  },

  async replace({ path, name, count }) {
    say('ready');
    await told();
    for (let number = 0; number < count; number++) replaceAtomically(path, `${name}${name.repeat(5000)}`);
    say('done');
  },

  /** First use of many directories. */
  async choose({ directories }) {
    say('ready');
    await told();
    say(JSON.stringify(directories.map((directory) => openLock(join(directory, 'x.o')).strategy)));
  },

  /** Holds a flock(2) on any file that can be read. */
  async flockAs({ path, shared = false }) {
    const koffi = createRequire(import.meta.url)('koffi');
    const flock = koffi.load(null).func('flock', 'int', ['int', 'int']);
    say(flock(openSync(path, 'r'), (shared ? 1 : 2) | 4) === 0 ? 'held' : 'busy');
    await told();
  },

  /** Takes, gives back and breaks a lock that somebody plays tricks on. */
  async churn({ target, strategy, seconds, deadPid, record }) {
    const lock = openLock(target, { strategy });
    const counts = { taken: 0, disturbed: 0 };
    say('ready');
    await told();
    const end = Date.now() + seconds * 1000;
    for (let round = 0; Date.now() < end; round++) {
      try {
        const held = lock.try();
        if (held === undefined) {
          await lock.break({ force: true });
          continue;
        }
        counts.taken++;
        if (round % 2 === 0) held.release();
        else writeFileSync(record, `${thisHost().name}:${deadPid}`, { flag: 'r+' });
      } catch {
        counts.disturbed++;
      }
    }
    say(JSON.stringify(counts));
  },

  /** Puts symbolic links in place of whatever appears in a directory, as fast as it can. */
  async attack({ directory, precious, seconds }) {
    const attempt = (action) => {
      try {
        action();
        return true;
      } catch {
        return false;
      }
    };
    let moved = 0;
    let swapped = 0;
    say('ready');
    await told();
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      for (const entry of readdirSync(directory, { withFileTypes: true })) {
        const path = join(directory, entry.name);
        if (entry.isSymbolicLink()) attempt(() => unlinkSync(path));
        else if (attempt(() => renameSync(path, join(`${directory}.aside`, String(moved++))))) {
          if (attempt(() => symlinkSync(precious, path))) swapped++;
        }
      }
    }
    say(JSON.stringify(swapped));
  },
};

await actions[action](options);
process.exit(0);
