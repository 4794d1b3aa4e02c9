import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { thisHost } from '../../src/host/host.js';
import { openLock } from '../../src/locks/index.js';
import { pauseOfFirst, Queue } from '../../src/locks/queue.js';
import { canPassThrough, networkDirectory } from '../support/network-directory.js';
import { temporaryDirectory } from './processes.js';

const POLL_MS = 100;

/** Some who stand in one queue, of this process; they have come in this order. */
function queueOf(count: number): Queue[] {
  const path = join(temporaryDirectory(), 'x.o.lockdir');
  return Array.from({ length: count }, () => {
    const queue = Queue.of('here', path);
    if (queue === undefined) throw new Error('no queue can be had here');
    queue.join();
    return queue;
  });
}

const turns = (queues: readonly Queue[], nowMs = 0): string[] => queues.map((queue) => queue.turn(nowMs, POLL_MS));

describe('of those who queue', () => {
  test('it is the turn of who came first, then of the next', () => {
    const queues = queueOf(3);
    expect(turns(queues)).toEqual(['first', 'not-yet', 'not-yet']);
    queues[0]?.leave();
    expect(turns(queues.slice(1))).toEqual(['first', 'not-yet']);
    queues[2]?.leave();
    queues[1]?.leave();
  });

  test('a newcomer comes last, also when some have left', () => {
    const path = join(temporaryDirectory(), 'x.o.lockdir');
    const [one, two, three] = [Queue.of('here', path), Queue.of('here', path), Queue.of('here', path)];
    expect(one?.hasWaiters()).toBe(false);
    one?.join();
    expect(two?.hasWaiters()).toBe(true);
    two?.join();
    one?.leave();
    three?.join();
    expect(three?.turn(0, POLL_MS)).toBe('not-yet');
    expect(two?.turn(0, POLL_MS)).toBe('first');
    two?.leave();
    expect(three?.turn(0, POLL_MS)).toBe('first');
    three?.leave();
  });

  test('another host, and another lock, have queues of their own', () => {
    const path = join(temporaryDirectory(), 'x.o.lockdir');
    const queue = Queue.of('here', path);
    queue?.join();
    for (const other of [Queue.of('there', path), Queue.of('here', `${path}2`)]) {
      expect(other?.hasWaiters()).toBe(false);
      other?.leave();
    }
    queue?.leave();
  });

  test('those behind one who does not move ask now and then, ten times more rarely than usual', () => {
    const queues = queueOf(2);
    const ofSecond = (nowMs: number) => queues[1]?.turn(nowMs, POLL_MS);
    expect([0, 59_999, 60_000, 60_001, 60_999, 61_000].map(ofSecond)).toEqual([
      'not-yet',
      'not-yet',
      'impatient',
      'not-yet',
      'not-yet',
      'impatient',
    ]);
    for (const queue of queues) queue.leave();
  });

  test('patience begins anew with each new first', () => {
    const queues = queueOf(3);
    expect(queues[2]?.turn(0, POLL_MS)).toBe('not-yet');
    queues[0]?.leave();
    expect(queues[2]?.turn(60_000, POLL_MS)).toBe('not-yet');
    expect(queues[2]?.turn(120_000, POLL_MS)).toBe('impatient');
    for (const queue of queues) queue.leave();
  });
});

describe('the first in the queue', () => {
  test('asks the more often the longer it has waited, and never a hundred times a second for minutes', () => {
    const pauses = [0, 200, 800, 1800, 10_000, 20_000, 60_000, 600_000].map((ms) => pauseOfFirst(ms, 99, POLL_MS));
    expect(pauses).toEqual([100, 50, 20, 10, 10, 10, 30, 100]);
  });

  test('begins with short pauses', () => {
    expect([0, 1, 2, 3, 4].map((attempts) => pauseOfFirst(0, attempts, POLL_MS))).toEqual([16, 32, 64, 100, 100]);
  });

  test('pauses never longer than the interval, nor for nothing', () => {
    expect([0, 10_000, 600_000].map((ms) => pauseOfFirst(ms, 99, 1))).toEqual([1, 1, 1]);
  });
});

test.skipIf(!canPassThrough)(
  'several of one process get the lock in the order in which they came (needs root and bindfs)',
  async () => {
    const target = join(networkDirectory(), 'x.o');
    const held = openLock(target, { strategy: 'lockdir' }).try();
    const order: number[] = [];
    const waits = [0, 1, 2, 3].map(async (number) => {
      const acquisition = await openLock(target, { strategy: 'lockdir' }).acquire({ timeoutMs: 20_000 });
      order.push(number);
      if (acquisition.kind === 'acquired') acquisition.lock.release();
    });
    expect((await openLock(target, { strategy: 'lockdir' }).acquire({ timeoutMs: 50 })).kind).toBe('timed-out');
    held?.release();
    await Promise.all(waits);
    expect(order).toEqual([0, 1, 2, 3]);
  },
);

test.skipIf(!canPassThrough)(
  'who has no time to wait may still take a lock that is free (needs root and bindfs)',
  async () => {
    const lock = openLock(join(networkDirectory(), 'x.o'), { strategy: 'lockdir' });
    const other = Queue.of(thisHost().name, lock.path);
    other?.join();
    expect((await lock.acquire({ timeoutMs: 0 })).kind).toBe('acquired');
    other?.leave();
  },
);
