import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { watchPaths } from '../../src/files/watch.js';
import { thisHost } from '../../src/host/host.js';
import { pause } from '../../src/host/pause.js';
import { type Acquisition, describeHolder, explainNotice, type Notice } from '../../src/locks/index.js';
import { KINDS, leaveLock, lockOf, recordOf } from './kinds.js';
import { Contender, deadPid, temporaryDirectory } from './processes.js';

const targetIn = (directory: string): string => join(directory, 'x.o');
const here = thisHost().name;

describe.each(KINDS)('a wait for %s', (kind) => {
  test('ends when its time is up, and says who holds the lock', async () => {
    const target = targetIn(temporaryDirectory());
    lockOf(kind, target).try();
    const began = performance.now();
    const acquisition = await lockOf(kind, target).acquire({ timeoutMs: 120 });
    expect(performance.now() - began).toBeLessThan(2000);
    expect(acquisition).toMatchObject({ kind: 'timed-out', holder: { kind: 'held', judgement: { fate: 'alive' } } });
    expect(acquisition.waitedMs).toBeGreaterThanOrEqual(120);
  });

  test('of no time is one attempt', async () => {
    const target = targetIn(temporaryDirectory());
    const first = await lockOf(kind, target).acquire({ timeoutMs: 0 });
    expect(first.kind).toBe('acquired');
    expect((await lockOf(kind, target).acquire({ timeoutMs: 0 })).kind).toBe('timed-out');
  });

  test('ends when it is told to', async () => {
    const target = targetIn(temporaryDirectory());
    lockOf(kind, target).try();
    const controller = new AbortController();
    const waiting = lockOf(kind, target, { pollMs: 60_000 }).acquire({ signal: controller.signal });
    await sleep(300);
    const told = performance.now();
    controller.abort();
    expect((await waiting).kind).toBe('aborted');
    expect(performance.now() - told).toBeLessThan(1000);
  });

  test('does not begin when it was told to end before', async () => {
    const target = targetIn(temporaryDirectory());
    expect((await lockOf(kind, target).acquire({ signal: AbortSignal.abort() })).kind).toBe('aborted');
    expect(lockOf(kind, target).try()).toBeDefined();
  });
});

test('the next one is told of a release, and does not wait for its own next look', async () => {
  // By then the pauses last two seconds: 1 + 2 + 4 + ... + 1024 ms are over.
  const HELD_MS = 2300;
  const handOver = async (kind: (typeof KINDS)[number]): Promise<[string, number]> => {
    const target = targetIn(temporaryDirectory());
    const held = lockOf(kind, target).try();
    let acquired = Number.NaN;
    const waiting = lockOf(kind, target, { pollMs: 60_000 }).acquire({ timeoutMs: 20_000 });
    void waiting.then(() => {
      acquired = performance.now();
    });
    await sleep(HELD_MS);
    const released = performance.now();
    held?.release();
    expect((await waiting).kind).toBe('acquired');
    return [kind, acquired - released];
  };
  const latencies = await Promise.all(KINDS.map(handOver));
  for (const [kind, latency] of latencies) expect([kind, latency < 1000]).toEqual([kind, true]);
});

test('the one after the next is told, too', async () => {
  const target = targetIn(temporaryDirectory());
  leaveLock('lockdir', target, `${here}:${process.pid}`);
  const waiting = lockOf('lockdir', target, { pollMs: 60_000 }).acquire({ timeoutMs: 20_000 });
  await sleep(1200);
  // The lock changes hands so quickly that the waiting one never sees it free.
  rmSync(`${target}.lockdir`, { recursive: true });
  leaveLock('lockdir', target, `${here}:${process.pid}`);
  await sleep(1100);
  const released = performance.now();
  rmSync(`${target}.lockdir`, { recursive: true });
  expect((await waiting).kind).toBe('acquired');
  expect(performance.now() - released).toBeLessThan(1000);
});

test('another process gets a released lock soon', async () => {
  for (const kind of ['lockdir', 'cifs', 'flock', 'fcntl'] as const) {
    const target = targetIn(temporaryDirectory());
    const held = lockOf(kind, target).try();
    const next = new Contender('hold', { target, strategy: kind });
    await sleep(500);
    const released = performance.now();
    held?.release();
    expect(await next.line()).toBe('held');
    expect(performance.now() - released).toBeLessThan(2000);
  }
});

describe('what a waiting process tells', () => {
  const noticesOf = async (record: string, age: number, settings: object): Promise<[Notice[], Acquisition]> => {
    const target = targetIn(temporaryDirectory());
    leaveLock('lockdir', target, record);
    const notices: Notice[] = [];
    const lock = lockOf('lockdir', target, { pollMs: 5, ...settings });
    return [notices, await lock.acquire({ timeoutMs: age, onNotice: (notice) => notices.push(notice) })];
  };

  test('comes once per warning interval, and louder once the lock of another host is overdue', async () => {
    const [notices] = await noticesOf('elsewhere:77', 700, { warnMs: 150, overdueMs: 400 });
    expect(notices.map((notice) => (notice.kind === 'waiting' ? notice.escalated : notice))).toEqual([
      false,
      false,
      true,
      true,
    ]);
    notices.forEach((notice, number) => {
      if (notice.kind !== 'waiting') return;
      expect(notice.waitedMs).toBeGreaterThanOrEqual((number + 1) * 150);
    });
  });

  test('is nothing before the first interval is over', async () => {
    const [notices, acquisition] = await noticesOf('elsewhere:77', 100, { warnMs: 150, overdueMs: 1 });
    expect(acquisition.kind).toBe('timed-out');
    expect(notices).toEqual([]);
  });

  test('is never loud about a living owner of this host', async () => {
    const [notices] = await noticesOf(`${here}:${process.pid}`, 250, { warnMs: 50, overdueMs: 60 });
    expect(notices.length).toBeGreaterThan(2);
    expect(notices.every((notice) => notice.kind === 'waiting' && !notice.escalated)).toBe(true);
  });

  test('names the lock, its owner, since when, its fate, and the command once it is overdue', async () => {
    const [notices] = await noticesOf('elsewhere:77', 250, { warnMs: 100, overdueMs: 150 });
    const now = Date.now();
    const [early, late] = notices.map((notice) => explainNotice(notice, now));
    const path = notices[0]?.lock.path ?? '';
    for (const text of [early, late]) {
      expect(text).toContain(`waiting for the lock on ${notices[0]?.lock.target}: `);
      expect(text).toContain('held by pid 77 on elsewhere');
      expect(text).toMatch(/; acquired \d+ s ago\); waited \d+ s/);
      expect(text).toContain('unknown: only elsewhere can tell');
    }
    expect(early).not.toContain('rm -rf');
    expect(late).toContain('OVERDUE');
    expect(late).toContain('Look at pid 77 on elsewhere.');
    expect(late).toContain(`rm -rf ${path}`);
  });

  test('quotes a path that a shell would not take as one word', () => {
    const target = targetIn(temporaryDirectory());
    const lock = { ...lockOf('lockdir', target), path: "/tmp/it's here; rm -rf ~/x.lockdir" };
    const holder = {
      kind: 'held',
      owner: { host: 'elsewhere', pid: 1 },
      sinceMs: 0,
      judgement: { fate: 'unknown', why: 'far away' },
    } as const;
    const notice = { kind: 'waiting', lock, holder, waitedMs: 1, escalated: true } as unknown as Notice;
    expect(explainNotice(notice, 0)).toContain(`rm -rf '/tmp/it'\\''s here; rm -rf ~/x.lockdir'`);
  });

  test('of a removal says whose lock it was and how it knew', async () => {
    const pid = deadPid();
    const [notices] = await noticesOf(`${here}:${pid}`, 2000, {});
    expect(notices).toHaveLength(1);
    const [notice] = notices;
    if (notice === undefined) return;
    const text = explainNotice(notice, Date.now());
    expect(text).toContain(`removed the stale lock on ${notice.lock.target} of pid ${pid} on ${here} (`);
    expect(text).toContain('its process no longer exists');
  });

  test('is that a lock is free when it is', () => {
    expect(describeHolder({ kind: 'free' }, 0)).toBe('it is free again');
  });
});

describe('a watch', () => {
  test('loses no change that comes while nobody waits for one', async () => {
    const path = join(temporaryDirectory(), 'file');
    writeFileSync(path, '1');
    const watch = await watchPaths([path]);
    try {
      // A wait that ended by the clock, and a change after it.
      await pause(1, undefined, watch.next());
      writeFileSync(path, '2');
      await sleep(300);
      const began = performance.now();
      await pause(5000, undefined, watch.next());
      expect(performance.now() - began).toBeLessThan(1000);
    } finally {
      await watch.close();
    }
  });

  test('sees a file that is replaced, and one that did not exist', async () => {
    const directory = temporaryDirectory();
    const [one, two] = [join(directory, 'one'), join(directory, 'two')];
    writeFileSync(one, '');
    const watch = await watchPaths([one, two]);
    const next = async (change: () => void): Promise<number> => {
      await sleep(100);
      await pause(1, undefined, watch.next()); // whatever was left of the change before
      const began = performance.now();
      const seen = pause(5000, undefined, watch.next());
      change();
      await seen;
      return performance.now() - began;
    };
    try {
      writeFileSync(join(directory, 'new'), 'x');
      expect(await next(() => renameSync(join(directory, 'new'), one))).toBeLessThan(1000);
      expect(await next(() => writeFileSync(two, ''))).toBeLessThan(1000);
      expect(await next(() => rmSync(two))).toBeLessThan(1000);
      expect(await next(() => rmSync(one))).toBeLessThan(1000);
    } finally {
      await watch.close();
    }
  });
});

test('a held lock names this process, which it does not when another one has it', () => {
  const target = targetIn(temporaryDirectory());
  lockOf('cifs', target).try();
  expect(readFileSync(recordOf('cifs', target), 'utf8')).toBe(`${here}:${process.pid}`);
});
