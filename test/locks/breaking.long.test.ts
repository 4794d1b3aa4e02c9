import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { OWN_CLOCK } from '../../src/files/server-clock.js';
import { type Host, thisHost } from '../../src/host/host.js';
import { cifs, flockFallback } from '../../src/locks/exclusive-file.js';
import type { Notice, ObjectLock } from '../../src/locks/index.js';
import { lockdir } from '../../src/locks/lockdir.js';
import { OwnedLock } from '../../src/locks/owned-lock.js';
import { noOtherUser } from '../support/other-user.js';
import { LASTING, type Lasting, leaveLock, lockOf, permissions, recordOf } from './kinds.js';
import {
  because,
  Contender,
  canBeOtherUser,
  canUnsharePids,
  deadPid,
  OTHER_USER,
  temporaryDirectory,
  together,
} from './processes.js';

const MARKERS = { lockdir, cifs, 'flock fallback': flockFallback };
const here = thisHost().name;
const targetIn = (directory: string): string => join(directory, 'x.o');

/** A lock as a process sees it to which something happens in the middle of its judgement. */
function interrupted(kind: Lasting, target: string, host: Partial<Host>): ObjectLock {
  const context = {
    clock: OWN_CLOCK,
    ownerlessMs: 5000,
    pollMs: 5,
    warnMs: 30_000,
    overdueMs: 600_000,
    watched: false,
  };
  return new OwnedLock(MARKERS[kind](target), { ...context, host: { ...thisHost(), ...host } });
}

/** Runs something at the first call only. */
function atFirst(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) {
      done = true;
      action();
    }
  };
}

/** What a lock of a second ago looks like after an hour. */
function age(path: string): void {
  const then = Date.now() / 1000 - 3600;
  utimesSync(path, then, then);
}

describe.each(LASTING)('a stale %s', (kind) => {
  test('of a killed process is removed at once, and the notice says whose it was', async () => {
    if (kind === 'flock fallback') return; // see without-koffi.test.ts
    const target = targetIn(temporaryDirectory());
    const holder = new Contender('hold', { target, strategy: kind });
    await holder.line();
    const { pid } = holder;
    await holder.kill();
    const notices: Notice[] = [];
    const acquisition = await lockOf(kind, target).acquire({
      timeoutMs: 5000,
      onNotice: (notice) => notices.push(notice),
    });
    expect(acquisition).toMatchObject({ kind: 'acquired' });
    expect(acquisition.waitedMs).toBeLessThan(2000);
    expect(notices).toMatchObject([{ kind: 'broke-stale', owner: { host: here, pid } }]);
    expect(readFileSync(recordOf(kind, target), 'utf8')).toBe(`${here}:${process.pid}`);
    expect(readdirSync(dirname(target)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('with a third field in its record is one, too', async () => {
    const target = targetIn(temporaryDirectory());
    leaveLock(kind, target, `${here}:${deadPid()}:12345\n`);
    expect(await lockOf(kind, target).break()).toEqual({ kind: 'broken' });
  });

  test('whose pid was given to a younger process is removed', async () => {
    const target = targetIn(temporaryDirectory());
    const child = spawn('sleep', ['60']);
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'spawn');
    leaveLock(kind, target, `${here}:${child.pid}`);
    const lock = lockOf(kind, target);
    expect(lock.inspect()).toMatchObject({ judgement: { fate: 'alive' } });
    expect((await lock.break()).kind).toBe('refused');
    age(recordOf(kind, target));
    expect(lock.inspect()).toMatchObject({
      judgement: { fate: 'dead', why: expect.stringContaining('after the lock') },
    });
    expect(await lock.break()).toEqual({ kind: 'broken' });
  });

  test('that another process removes first, and a third takes, is left to the third', async () => {
    const target = targetIn(temporaryDirectory());
    leaveLock(kind, target, `${here}:${deadPid()}`);
    const meanwhile = atFirst(() => {
      void lockOf(kind, target).break();
      expect(lockOf(kind, target).try()).toBeDefined();
    });
    const late = interrupted(kind, target, {
      process: (pid) => {
        meanwhile();
        return thisHost().process(pid);
      },
    });
    // Seen as dead, and then gone and taken by the time that it could be removed.
    expect(await late.break()).toEqual({ kind: 'changed' });
    expect(lockOf(kind, target).inspect()).toMatchObject({ kind: 'held', owner: { pid: process.pid } });
  });

  test('to be removed by force is that of the owner who was looked at, not of the next one', async () => {
    const target = targetIn(temporaryDirectory());
    leaveLock(kind, target, `${here}:1`);
    const meanwhile = atFirst(() => {
      void lockOf(kind, target).break({ force: true });
      expect(lockOf(kind, target).try()).toBeDefined();
    });
    const late = interrupted(kind, target, {
      process: (pid) => {
        meanwhile();
        return thisHost().process(pid);
      },
    });
    expect(await late.break({ force: true })).toEqual({ kind: 'changed' });
    expect(lockOf(kind, target).inspect()).toMatchObject({ kind: 'held', owner: { pid: process.pid } });
    expect(await late.break({ force: true })).toEqual({ kind: 'broken' });
  });

  test('whose pid comes to life before it is removed, in a lock of the same inode and text, stays', async () => {
    const target = targetIn(temporaryDirectory());
    leaveLock(kind, target, `${here}:4194303`);
    let calls = 0;
    const late = interrupted(kind, target, {
      process: () =>
        calls++ === 0 ? { kind: 'absent' } : { kind: 'running', startedMs: undefined, startTicks: undefined },
    });
    expect(await late.break()).toEqual({ kind: 'changed' });
    expect(existsSync(recordOf(kind, target))).toBe(true);
  });

  test('that a tool without our serialisation replaces in the last moment goes back to where it was', async () => {
    const directory = temporaryDirectory();
    const target = targetIn(directory);
    leaveLock(kind, target, `${here}:${deadPid()}`);
    let calls = 0;
    const late = interrupted(kind, target, {
      process: () => {
        // The second judgement is the last thing before the removal.
        if (calls++ === 1) writeFileSync(recordOf(kind, target), 'elsewhere:12');
        return { kind: 'absent' };
      },
    });
    expect(await late.break()).toEqual({ kind: 'changed' });
    expect(readFileSync(recordOf(kind, target), 'utf8')).toBe('elsewhere:12');
    expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('waits while another process of this host is removing one', async () => {
    const target = targetIn(temporaryDirectory());
    leaveLock(kind, target, `${here}:${deadPid()}`);
    const busy = new Contender('flockAs', { path: '/proc/self/ns/pid' });
    expect(await busy.line()).toBe('held');
    const lock = lockOf(kind, target);
    expect(await lock.break()).toEqual({
      kind: 'refused',
      why: expect.stringContaining('is removing locks right now'),
    });
    expect((await lock.acquire({ timeoutMs: 50 })).kind).toBe('timed-out');
    expect(lock.inspect()).toMatchObject({ kind: 'held', judgement: { fate: 'dead' } });
    await busy.kill();
    expect((await lock.acquire({ timeoutMs: 5000 })).kind).toBe('acquired');
  });

  test.skipIf(!canBeOtherUser)(
    `of another user is removed by one who may write the directory${because(canBeOtherUser, noOtherUser)}`,
    async () => {
      if (kind === 'flock fallback') return;
      const directory = temporaryDirectory();
      chmodSync(directory, 0o777);
      const target = targetIn(directory);
      leaveLock(kind, target, `${here}:${deadPid()}`);
      const other = new Contender('hold', { target, strategy: kind }, { through: OTHER_USER });
      expect(await other.line()).toBe('held');
      expect(lockOf(kind, target).inspect()).toMatchObject({ owner: { pid: other.pid }, judgement: { fate: 'alive' } });
      expect((await lockOf(kind, target).break()).kind).toBe('refused');
    },
  );

  test.skipIf(!canBeOtherUser)(
    `that only its owner may remove is waited for, without an exception${because(canBeOtherUser, noOtherUser)}`,
    async () => {
      if (kind === 'flock fallback') return;
      const directory = temporaryDirectory();
      chmodSync(directory, 0o1777);
      const target = targetIn(directory);
      leaveLock(kind, target, `${here}:${deadPid()}`);
      const other = new Contender('breakLock', { target, strategy: kind }, { through: OTHER_USER });
      expect(await other.json()).toEqual({
        kind: 'refused',
        why: expect.stringMatching(/may not remove.*(EPERM|EACCES)/),
      });
      expect(existsSync(recordOf(kind, target))).toBe(true);
    },
  );

  test.skipIf(!canUnsharePids)(
    `in a container of the same host name is not seen from outside, nor the other way round${because(canUnsharePids, 'unshare -p is not permitted')}`,
    async () => {
      if (kind === 'flock fallback') return;
      const through = ['unshare', '-p', '-f', '--mount-proc', '--kill-child'];
      const target = targetIn(temporaryDirectory());
      const inside = new Contender('hold', { target, strategy: kind }, { through });
      await inside.line();
      // Its pid is 1, and process 1 out here is another one.
      const lock = lockOf(kind, target);
      expect(lock.inspect()).toMatchObject({ kind: 'held', owner: { pid: 1 }, judgement: { fate: 'unknown' } });
      expect((await lock.break()).kind).toBe('refused');
      inside.say();
      expect(await inside.line()).toBe('released');

      leaveLock(kind, target, `${here}:${deadPid()}`);
      const judge = new Contender('breakLock', { target, strategy: kind }, { through });
      expect((await judge.json<{ kind: string }>()).kind).toBe('refused');
      expect(lock.inspect()).toMatchObject({ kind: 'held', judgement: { fate: 'dead' } });
    },
  );
});

describe('a lockdir without a name', () => {
  const make = (): { target: string; path: string } => {
    const target = targetIn(temporaryDirectory());
    mkdirSync(`${target}.lockdir`);
    return { target, path: `${target}.lockdir` };
  };

  test('is left alone while it is young', async () => {
    const { target, path } = make();
    const lock = lockOf('lockdir', target);
    expect(lock.try()).toBeUndefined();
    expect(lock.inspect()).toMatchObject({ kind: 'held', owner: undefined, judgement: { fate: 'unknown' } });
    expect((await lock.break()).kind).toBe('refused');
    expect(existsSync(path)).toBe(true);
  });

  test('is removed when it is old', async () => {
    const { target, path } = make();
    age(path);
    expect((await lockOf('lockdir', target).acquire({ timeoutMs: 1000 })).kind).toBe('acquired');
  });

  test('that gets its name in the last moment stays', async () => {
    const { target, path } = make();
    age(path);
    const late = interrupted('lockdir', target, {
      now: () => {
        writeFileSync(join(path, 'pid'), `${here}:${process.pid}`);
        return Date.now();
      },
    });
    expect(await late.break()).toEqual({ kind: 'changed' });
    expect(readFileSync(join(path, 'pid'), 'utf8')).toBe(`${here}:${process.pid}`);
  });

  test.each(['', '\n', '\0\0\0\0\0\0'])(
    'because its file is blank after a power cut (%j) is removed when old',
    async (blank) => {
      const { target, path } = make();
      writeFileSync(join(path, 'pid'), blank);
      const lock = lockOf('lockdir', target);
      expect((await lock.break()).kind).toBe('refused');
      age(join(path, 'pid'));
      expect(await lock.break()).toEqual({ kind: 'broken' });
      expect(readdirSync(dirname(path))).toEqual([]);
    },
  );

  test('whose maker slept until it was taken by another one does not become his, too', async () => {
    const { target, path } = make();
    const taken = lockdir(target);
    // The sleeper has made the directory; another one finds it old, removes it, and makes and names his own.
    age(path);
    expect(await lockOf('lockdir', target).break()).toEqual({ kind: 'broken' });
    expect(taken.make(`${here}:${process.pid}`)).toBeDefined();
    expect(() => mkdirSync(path)).toThrow(/EEXIST/);
    expect(taken.make(`${here}:1`)).toBeUndefined();
  });
});

describe.each(['cifs', 'flock fallback'] as const)('an empty marker of an older tool (%s)', (kind) => {
  const make = (): string => {
    const target = targetIn(temporaryDirectory());
    writeFileSync(`${target}.lock`, '');
    writeFileSync(recordOf(kind, target), '');
    return target;
  };

  test('is respected for as long as a compile may take', async () => {
    const target = make();
    const then = Date.now() / 1000 - 590;
    utimesSync(recordOf(kind, target), then, then);
    expect(lockOf(kind, target).try()).toBeUndefined();
    expect((await lockOf(kind, target).acquire({ timeoutMs: 50 })).kind).toBe('timed-out');
    expect(existsSync(recordOf(kind, target))).toBe(true);
  });

  test('is removed when it is older', async () => {
    const target = make();
    age(recordOf(kind, target));
    expect(await lockOf(kind, target).break()).toEqual({ kind: 'broken' });
  });

  test('that is removed and made anew by others in the last moment stays', async () => {
    const target = make();
    age(recordOf(kind, target));
    const meanwhile = atFirst(() => {
      unlinkSync(recordOf(kind, target));
      writeFileSync(recordOf(kind, target), '');
    });
    const late = interrupted(kind, target, {
      now: () => {
        const now = Date.now();
        meanwhile();
        return now;
      },
    });
    expect(await late.break()).toEqual({ kind: 'changed' });
    expect(existsSync(recordOf(kind, target))).toBe(true);
  });
});

test('a lockdir that is a symbolic link to a directory of ours never has us empty that', async () => {
  const directory = temporaryDirectory();
  const target = targetIn(directory);
  const precious = temporaryDirectory();
  for (const name of ['pid', 'thesis.tex']) writeFileSync(join(precious, name), `${here}:${deadPid()}`);
  symlinkSync(precious, `${target}.lockdir`);
  await expect(lockOf('lockdir', target).acquire({ timeoutMs: 50 })).rejects.toThrow(/symbolic link/);
  await expect(lockOf('lockdir', target).break({ force: true })).rejects.toThrow(/symbolic link/);
  expect(readdirSync(precious)).toEqual(['pid', 'thesis.tex']);

  // The same, put there between the look at a real one and its removal.
  unlinkSync(`${target}.lockdir`);
  leaveLock('lockdir', target, `${here}:${deadPid()}`);
  let calls = 0;
  const late = interrupted('lockdir', target, {
    process: () => {
      if (calls++ === 1) {
        renameSync(`${target}.lockdir`, `${target}.away`);
        symlinkSync(precious, `${target}.lockdir`);
      }
      return { kind: 'absent' };
    },
  });
  await late.break().catch(() => undefined);
  expect(readdirSync(precious)).toEqual(['pid', 'thesis.tex']);
});

test('somebody who puts symbolic links in the way as fast as he can gets nothing of ours changed', async () => {
  const directory = temporaryDirectory();
  mkdirSync(`${directory}.aside`);
  onTestFinished(() => rmSync(`${directory}.aside`, { recursive: true }));
  const precious = temporaryDirectory();
  chmodSync(precious, 0o700);
  for (const name of ['thesis.tex', 'results.csv']) writeFileSync(join(precious, name), 'precious', { mode: 0o600 });
  const target = targetIn(directory);
  const options = { target, strategy: 'lockdir', seconds: 3, deadPid: deadPid(), record: recordOf('lockdir', target) };
  const umask = ['sh', '-c', 'umask 022; exec "$@"', 'sh'];
  const [counts, swapped] = await together<{ taken: number } & number>([
    new Contender('churn', options, { through: umask }),
    new Contender('attack', { directory, precious, seconds: 3.2 }),
  ]);
  expect(counts?.taken).toBeGreaterThan(20);
  expect(swapped).toBeGreaterThan(10);
  expect(permissions(precious)).toBe('700');
  // One may have it create its `pid` there; nothing that was there before is touched.
  for (const name of ['thesis.tex', 'results.csv']) {
    expect(readFileSync(join(precious, name), 'utf8')).toBe('precious');
    expect(permissions(join(precious, name))).toBe('600');
  }
});

test('nobody is let in twice through thousands of stale locks that several processes see at once', async () => {
  for (const kind of ['lockdir', 'cifs'] as const) {
    const directory = temporaryDirectory(existsSync('/dev/shm') ? '/dev/shm' : undefined);
    const target = targetIn(directory);
    const options = { target, strategy: kind, seconds: 3, witnessPath: join(directory, 'witness') };
    const all = { ...options, deadPid: deadPid(), record: recordOf(kind, target) };
    const contenders = Array.from({ length: 4 }, () => new Contender('scavenge', all));
    const counts = await together<{ rounds: number; overlaps: number; broken: number }>(contenders);
    const sum = (of: (count: (typeof counts)[number]) => number): number => counts.map(of).reduce((a, b) => a + b);
    expect(sum((count) => count.overlaps)).toBe(0);
    expect(sum((count) => count.rounds)).toBeGreaterThan(100);
    // Every lock was removed by one process only; the last one may have been left.
    expect([0, 1]).toContain(sum((count) => count.rounds) - sum((count) => count.broken));
    expect(counts.filter(({ broken }) => broken > 0).length).toBeGreaterThan(1);
  }
});
