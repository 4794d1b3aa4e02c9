import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { thisHost } from '../../src/host/host.js';
import {
  describeHolder,
  type HeldShare,
  LockError,
  type Notice,
  openLock,
  openSlots,
  type SharedAcquisition,
  STRATEGIES,
} from '../../src/locks/library.js';
import { openShareable } from '../../src/locks/open-lock.js';
import { acquireShared } from '../../src/locks/share.js';
import { until } from '../support/until.js';
import { mingle } from './mingled.js';
import { because, Contender, deadPid, temporaryDirectory, withoutKoffi, works } from './processes.js';

const targetIn = (directory: string): string => join(directory, 'x.o');
const here = thisHost().name;
const hasFlock = works('flock', '--version');
/** Those that make something in the directory, and where they write who holds it. */
const RECORDS = { lockdir: '.lockdir/pid', cifs: '.lock.excl' } as const;
const MAKING = ['lockdir', 'cifs'] as const;

function shareOf(acquisition: SharedAcquisition): HeldShare {
  if (acquisition.kind !== 'acquired') throw new Error(`not acquired: ${JSON.stringify(acquisition)}`);
  return acquisition.lock;
}

describe.each(STRATEGIES)('%s', (strategy) => {
  const lockOf = (target: string) => openLock(target, { strategy, settings: { pollMs: 5 } });
  const slotsOf = (target: string, slots: number) => openSlots(target, slots, { strategy, settings: { pollMs: 5 } });
  const isTaken = (path: string): boolean => {
    const held = openLock(path, { strategy }).try();
    held?.release();
    return held === undefined;
  };
  const sharer = (options: object) => new Contender('share', { strategy, settings: { pollMs: 5 }, ...options });

  test('several hold it together, and none alone meanwhile', async () => {
    const target = targetIn(temporaryDirectory());
    const first = shareOf(await lockOf(target).acquireShared());
    const second = shareOf(await lockOf(target).acquireShared({ timeoutMs: 0 }));
    expect([first.isOurs(), second.isOurs(), first.slot]).toEqual([true, true, undefined]);
    expect(lockOf(target).try()).toBeUndefined();
    expect(await first.release()).toBe('released');
    expect(await first.release()).toBe('released');
    expect(first.isOurs()).toBe(false);
    expect(lockOf(target).try()).toBeUndefined();
    expect(second.isOurs()).toBe(true);
    expect(await second.release()).toBe('released');
    const alone = lockOf(target).try();
    expect(alone).toBeDefined();
    expect((await lockOf(target).acquireShared({ timeoutMs: 0 })).kind).toBe('timed-out');
    expect((await lockOf(target).acquireShared({ timeoutMs: 50 })).kind).toBe('timed-out');
    alone?.release();
    {
      await using share = shareOf(await lockOf(target).acquireShared({ timeoutMs: 0 }));
      expect(share.isOurs()).toBe(true);
    }
    expect(lockOf(target).inspect()).toEqual({ kind: 'free' });
    expect(lockOf(target).try()).toBeDefined();
  });

  test('says who they are', async () => {
    const target = targetIn(temporaryDirectory());
    const sharers = [sharer({ target }), sharer({ target }), sharer({ target, slots: 2 })];
    for (const each of sharers) expect(await each.line()).toBe('held');
    const seen = await lockOf(target).acquire({ timeoutMs: 20 });
    if (seen.kind !== 'timed-out' || seen.holder.kind !== 'held') throw new Error(JSON.stringify(seen));
    const pids = (seen.holder.sharers ?? []).map(({ owner }) => owner?.pid);
    expect(pids.sort()).toEqual(sharers.map(({ pid }) => pid).sort());
    expect(seen.holder).toMatchObject({ owner: { host: here }, judgement: { fate: 'alive' } });
  });

  test('the share of a killed process is free at once, and those of the others stay', async () => {
    const target = targetIn(temporaryDirectory());
    const [first, second, third] = [sharer({ target }), sharer({ target }), sharer({ target, slots: 1 })];
    for (const each of [first, second, third]) await each.line();
    await first.kill();
    await third.kill();
    expect((await lockOf(target).acquire({ timeoutMs: 100 })).kind).toBe('timed-out');
    expect((await slotsOf(target, 1).acquire({ timeoutMs: 0 })).kind).toBe('acquired');
    expect((await lockOf(target).acquireShared({ timeoutMs: 0 })).kind).toBe('acquired');
    expect((await lockOf(target).break()).kind).toBe('refused');
    expect(second.child.exitCode).toBe(null);
  });

  test('a waiter is woken when the last of them is killed', async () => {
    const target = targetIn(temporaryDirectory());
    const [first, second] = [sharer({ target }), sharer({ target })];
    for (const each of [first, second]) await each.line();
    const waiting = lockOf(target).acquire({ timeoutMs: 20_000 });
    await first.kill();
    await sleep(50);
    await second.kill();
    const began = performance.now();
    expect((await waiting).kind).toBe('acquired');
    expect(performance.now() - began).toBeLessThan(3000);
  });

  test('one that waits to be alone is not starved by those who come and go', async () => {
    const target = targetIn(temporaryDirectory());
    const over = new AbortController();
    let taken = 0;
    const comeAndGo = async (): Promise<void> => {
      for (;;) {
        const acquisition = await lockOf(target).acquireShared({ timeoutMs: 20_000, signal: over.signal });
        if (acquisition.kind !== 'acquired') return;
        taken++;
        await sleep(40);
        await acquisition.lock.release();
      }
    };
    // So many that the lock is never free by itself.
    const sharers = Array.from({ length: 6 }, (_, index) => sleep(index * 7).then(comeAndGo));
    await until('they share it', () => taken > 12);
    for (let round = 0; round < 3; round++) {
      const alone = await lockOf(target).acquire({ timeoutMs: 10_000 });
      if (alone.kind !== 'acquired') throw new Error('starved');
      const before = taken;
      await sleep(100);
      expect(taken).toBe(before);
      alone.lock.release();
    }
    over.abort();
    await Promise.all(sharers);
  });

  test('a tool that knows nothing of sharing is excluded, and excludes', async () => {
    const target = targetIn(temporaryDirectory());
    const share = shareOf(await lockOf(target).acquireShared());
    const helper = join(import.meta.dirname, '../../dist/ct-lock-helper');
    const args = ['compile', `--target=${target}`, `--strategy=${strategy}`, '--'];
    const compile = spawn(helper, [...args, 'sh', '-c', `: > "$2"; sleep 1`, 'cc'], {
      stdio: 'inherit',
    });
    onTestFinished(() => void compile.kill('SIGKILL'));
    await sleep(700);
    expect(existsSync(target)).toBe(false);
    expect(compile.exitCode).toBe(null);
    await share.release();
    await until('it has the lock', () => lockOf(target).inspect().kind === 'held');
    expect((await lockOf(target).acquireShared({ timeoutMs: 0 })).kind).toBe('timed-out');
    expect((await slotsOf(target, 3).acquire({ timeoutMs: 0 })).kind).toBe('timed-out');
  });

  test('slots: so many at once, and those with different numbers have the first ones in common', async () => {
    const target = targetIn(temporaryDirectory());
    const held = [];
    for (const slot of [3, 2, 1]) {
      const share = shareOf(await slotsOf(target, 3).acquire({ timeoutMs: 0 }));
      expect(share.slot).toBe(slot);
      held.push(share);
    }
    const full = await slotsOf(target, 3).acquire({ timeoutMs: 0 });
    expect(full).toMatchObject({ kind: 'timed-out', holder: { kind: 'held', owner: { pid: process.pid } } });
    expect((await slotsOf(target, 2).acquire({ timeoutMs: 30 })).kind).toBe('timed-out');
    const more = shareOf(await slotsOf(target, 5).acquire({ timeoutMs: 0 }));
    expect(more.slot).toBe(5);
    expect(lockOf(target).try()).toBeUndefined();
    const waiting = slotsOf(target, 2).acquire({ timeoutMs: 10_000 });
    await sleep(60);
    expect(await held[1]?.release()).toBe('released');
    expect(shareOf(await waiting).slot).toBe(2);
  });

  test('slots of dead processes are found, also among many', async () => {
    const target = targetIn(temporaryDirectory());
    const dead = sharer({ target, slots: 1 });
    await dead.line();
    for (let count = 0; count < 11; count++) shareOf(await slotsOf(target, 12).acquire({ timeoutMs: 0 }));
    expect((await slotsOf(target, 12).acquire({ timeoutMs: 0 })).kind).toBe('timed-out');
    await dead.kill();
    expect(shareOf(await slotsOf(target, 12).acquire({ timeoutMs: 0 })).slot).toBe(1);
  });

  test('a wait ends by its signal, and leaves nothing held', async () => {
    const target = targetIn(temporaryDirectory());
    const alone = lockOf(target).try();
    for (const wait of [
      (signal: AbortSignal) => lockOf(target).acquireShared({ signal }),
      (signal: AbortSignal) => slotsOf(target, 1).acquire({ signal }),
    ]) {
      const stop = new AbortController();
      const waiting = wait(stop.signal);
      await sleep(50);
      stop.abort();
      expect((await waiting).kind).toBe('aborted');
    }
    alone?.release();
    expect(shareOf(await slotsOf(target, 1).acquire({ timeoutMs: 0 })).slot).toBe(1);
  });

  test('one who waits to be alone comes before those who come later, and they are told so', async () => {
    const target = targetIn(temporaryDirectory());
    const share = shareOf(await lockOf(target).acquireShared());
    const alone = sharer({ target, alone: true });
    await sleep(1500); // node starts in some tenths of a second
    const late = await lockOf(target).acquireShared({ timeoutMs: 30 });
    expect(late).toMatchObject({
      kind: 'timed-out',
      holder: { owner: { pid: alone.pid }, judgement: { why: 'it waits to hold the lock alone' } },
    });
    if (late.kind === 'timed-out')
      expect(describeHolder(late.holder, Date.now())).toBe(
        `next is pid ${alone.pid} on ${here}, which waits to hold it alone`,
      );
    await share.release();
    expect(await alone.line()).toBe('held');
    expect((await lockOf(target).acquireShared({ timeoutMs: 0 })).kind).toBe('timed-out');
  });

  test('one that is stopped while it waits to be alone keeps none out', async () => {
    const target = targetIn(temporaryDirectory());
    const share = shareOf(await lockOf(target).acquireShared());
    const alone = sharer({ target, alone: true });
    await until('it has the turn', () => isTaken(join(`${target}.shared`, 'turn')));
    alone.child.kill('SIGSTOP');
    expect((await lockOf(target).acquireShared({ timeoutMs: 5000 })).kind).toBe('acquired');
    expect((await lockOf(target).acquireShared({ timeoutMs: 0 })).kind).toBe('acquired');
    alone.child.kill('SIGCONT');
    await share.release();
  });

  test('a symbolic link in the place of its directory is refused', async () => {
    const directory = temporaryDirectory();
    const elsewhere = temporaryDirectory();
    symlinkSync(elsewhere, join(directory, 'x.o.shared'));
    for (const acquire of [
      () => lockOf(targetIn(directory)).acquireShared(),
      () => slotsOf(targetIn(directory), 2).acquire(),
    ]) {
      const error = await acquire().catch((each: unknown) => each);
      expect(error).toBeInstanceOf(LockError);
      expect(error).toMatchObject({ code: 'not-a-lock', path: join(directory, 'x.o.shared') });
    }
    // One alone uses nothing of it.
    expect((await lockOf(targetIn(directory)).acquire({ timeoutMs: 100 })).kind).toBe('acquired');
  });

  test('when a person removes its directory meanwhile, the next ones make it anew', async () => {
    const directory = temporaryDirectory();
    const target = targetIn(directory);
    const share = shareOf(await slotsOf(target, 1).acquire());
    rmSync(join(directory, 'x.o.shared'), { recursive: true });
    expect(await share.release()).toBe('lost');
    expect((await slotsOf(target, 1).acquire({ timeoutMs: 0 })).kind).toBe('acquired');
    const alone = await lockOf(target).acquire({ timeoutMs: 0 });
    expect(alone.kind).toBe('timed-out');
  });

  test('a slot that a person removes while its holder waits for the others is taken anew', async () => {
    const directory = temporaryDirectory();
    const target = targetIn(directory);
    const alone = lockOf(target).try();
    const first = slotsOf(target, 1).acquire({ timeoutMs: 10_000 });
    await until('it has the slot', () => isTaken(join(directory, 'x.o.shared', 'slot1')));
    rmSync(join(directory, 'x.o.shared'), { recursive: true });
    const second = slotsOf(target, 1).acquire({ timeoutMs: 10_000 });
    await sleep(50);
    alone?.release();
    const winner = shareOf(await Promise.race([first, second]));
    expect((await slotsOf(target, 1).acquire({ timeoutMs: 100 })).kind).toBe('timed-out');
    expect(await winner.release()).toBe('released');
    for (const each of [shareOf(await first), shareOf(await second)]) expect(await each.release()).toBe('released');
  });

  test('none beside one that is alone, and no more than there are slots, while others are killed', async () => {
    const { counts } = await mingle(strategy, { rounds: 15, survivors: 3, victims: 4 });
    expect(counts).toEqual(Array(3).fill({ rounds: 15, overlaps: 0, lost: 0 }));
  });
});

describe.each(MAKING)('%s', (strategy) => {
  const lockOf = (target: string) => openLock(target, { strategy, settings: { pollMs: 5 } });

  test('its record names no host, so that no tool of before removes it', async () => {
    const target = targetIn(temporaryDirectory());
    const share = shareOf(await lockOf(target).acquireShared());
    expect(readFileSync(`${target}${RECORDS[strategy]}`, 'utf8')).toBe('(shared):1');
    await share.release();
    expect(existsSync(`${target}${RECORDS[strategy]}`)).toBe(false);
  });

  test('one that none shares any more is stale', async () => {
    const directory = temporaryDirectory();
    const target = targetIn(directory);
    const share = shareOf(await lockOf(target).acquireShared());
    // As by one who dies on the way in or out.
    rmSync(join(directory, 'x.o.shared'), { recursive: true });
    const notices: Notice[] = [];
    const alone = await lockOf(target).acquire({ timeoutMs: 5000, onNotice: (notice) => notices.push(notice) });
    expect(alone.kind).toBe('acquired');
    expect(notices).toMatchObject([{ kind: 'broke-stale', why: 'none of those who shared it is alive' }]);
    // And the one who shared it takes nothing away that is another's now.
    expect(await share.release()).toBe('lost');
    expect(lockOf(target).inspect()).toMatchObject({ owner: { pid: process.pid } });
  });

  test('of a sharer on another host only a person can tell, who removes what is named', async () => {
    const directory = temporaryDirectory();
    const target = targetIn(directory);
    const share = shareOf(await lockOf(target).acquireShared());
    const ending = strategy === 'lockdir' ? '.lockdir' : '.lock.excl';
    const path = join(directory, `x.o.shared/share.4711.1.1${ending}`);
    if (strategy === 'lockdir') mkdirSync(path);
    writeFileSync(strategy === 'lockdir' ? join(path, 'pid') : path, 'elsewhere:4711');
    await share.release();
    const waited = await lockOf(target).acquire({ timeoutMs: 50 });
    expect(waited).toMatchObject({
      kind: 'timed-out',
      holder: { owner: { host: 'elsewhere', pid: 4711 }, judgement: { fate: 'unknown' }, sharers: [{ path }] },
    });
    expect((await lockOf(target).break()).kind).toBe('refused');
    expect((await lockOf(target).acquireShared({ timeoutMs: 0 })).kind).toBe('acquired');
    rmSync(path, { recursive: true });
    expect((await lockOf(target).acquire({ timeoutMs: 50 })).kind).toBe('timed-out');
    expect((await lockOf(target).break({ force: true })).kind).toBe('broken');
    expect(lockOf(target).try()).toBeDefined();
  });

  test('one who waits for the turn removes what a dead process of its host has left, which the holder of the turn cannot', async () => {
    const directory = temporaryDirectory();
    const target = targetIn(directory);
    const share = shareOf(await lockOf(target).acquireShared());
    const path = join(directory, `x.o.shared/share.1.1.1${strategy === 'lockdir' ? '.lockdir' : '.lock.excl'}`);
    if (strategy === 'lockdir') mkdirSync(path);
    writeFileSync(strategy === 'lockdir' ? join(path, 'pid') : path, `b:${deadPid()}`);
    await share.release();
    const alone = lockOf(target).acquire({ timeoutMs: 20_000 });
    await until('it has the turn', () => existsSync(`${target}.shared/turn${RECORDS[strategy]}`));
    await sleep(1000);
    expect(existsSync(path)).toBe(true);
    const onB = openShareable(target, { strategy, host: { ...thisHost(), name: 'b' }, settings: { pollMs: 5 } });
    const stop = new AbortController();
    const late = acquireShared(onB, { signal: stop.signal });
    expect((await alone).kind).toBe('acquired');
    stop.abort();
    expect((await late).kind).toBe('aborted');
  });

  test('what another host has left at the door or the turn is named for a person to remove', async () => {
    const directory = temporaryDirectory();
    const target = targetIn(directory);
    const ending = strategy === 'lockdir' ? '.lockdir' : '.lock.excl';
    mkdirSync(join(directory, 'x.o.shared'));
    for (const name of ['turn', 'door']) {
      const path = join(directory, 'x.o.shared', `${name}${ending}`);
      if (strategy === 'lockdir') mkdirSync(path);
      writeFileSync(strategy === 'lockdir' ? join(path, 'pid') : path, 'elsewhere:4711');
      const shared = await lockOf(target).acquireShared({ timeoutMs: 0 });
      expect(shared).toMatchObject({
        kind: 'timed-out',
        holder: { owner: { host: 'elsewhere', pid: 4711 }, judgement: { fate: 'unknown' }, sharers: [{ path }] },
      });
      rmSync(path, { recursive: true });
    }
    expect((await lockOf(target).acquireShared({ timeoutMs: 0 })).kind).toBe('acquired');
  });

  test('who died in the door or with the turn is in no way', async () => {
    const directory = temporaryDirectory();
    const target = targetIn(directory);
    const share = shareOf(await lockOf(target).acquireShared());
    const record = `${here}:${deadPid()}`;
    const die = (name: string): void => {
      const path = join(directory, 'x.o.shared', name);
      if (strategy === 'lockdir') mkdirSync(`${path}.lockdir`);
      writeFileSync(`${path}${RECORDS[strategy]}`, record);
    };
    die('door');
    die('turn');
    const second = shareOf(await lockOf(target).acquireShared({ timeoutMs: 5000 }));
    die('door');
    expect(await second.release()).toBe('released');
    die('door');
    expect(await share.release()).toBe('released');
    expect(lockOf(target).try()).toBeDefined();
  });
});

test.skipIf(!hasFlock)(
  `flock -s shares it, and flock -x is excluded and excludes${because(hasFlock, 'no flock')}`,
  async () => {
    const target = targetIn(temporaryDirectory());
    const flock = (...args: string[]): number => {
      try {
        execFileSync('flock', [...args, `${target}.lock`, 'true'], { stdio: 'ignore' });
        return 0;
      } catch (error) {
        return (error as { status: number }).status;
      }
    };
    const lock = openLock(target, { strategy: 'flock' });
    const share = shareOf(await lock.acquireShared());
    expect([flock('-n', '-s'), flock('-n', '-x')]).toEqual([0, 1]);
    await share.release();
    const other = spawn('flock', ['-s', `${target}.lock`, 'sleep', '60'], { stdio: 'ignore', detached: true });
    onTestFinished(() => void process.kill(-(other.pid ?? 0), 'SIGKILL'));
    await until('it is shared', () => lock.inspect().kind === 'held');
    expect(lock.try()).toBeUndefined();
    expect((await lock.acquireShared({ timeoutMs: 0 })).kind).toBe('acquired');
  },
);

test('without koffi it is the same', async () => {
  const environment = { LOCKS_MODULE: withoutKoffi() };
  const target = targetIn(temporaryDirectory());
  const start = (options: object) => new Contender('share', { target, strategy: 'flock', ...options }, { environment });
  const [first, second] = [start({}), start({ slots: 1 })];
  expect([await first.line(), await second.line()]).toEqual(['held', 'held']);
  expect(JSON.parse(await start({ alone: true, timeoutMs: 0 }).line())).toMatchObject({ kind: 'timed-out' });
  await first.kill();
  await second.kill();
  expect(await start({ alone: true, timeoutMs: 5000 }).line()).toBe('held');
});

test('what makes no sense is an error of the caller', () => {
  const target = targetIn(temporaryDirectory());
  for (const slots of [0, 1.5, 1001, Number.NaN, -1]) expect(() => openSlots(target, slots)).toThrow(RangeError);
  expect(() => openSlots(target, '3' as never)).toThrow('slots: expected a number, got "3"');
  expect(() => openSlots('', 3)).toThrow(TypeError);
});
