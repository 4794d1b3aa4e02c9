import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { STRATEGIES } from '../../src/locks/index.js';
import { lockOf } from './kinds.js';
import { Contender, temporaryDirectory, together } from './processes.js';

/** xorshift32: which moments the victims die at is the same in each run, as far as the machine lets it. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** The kernel's locks are that much quicker. */
const ROUNDS = { lockdir: 1500, cifs: 3000, flock: 15000, fcntl: 15000 };

test.each(STRATEGIES)('%s lets in one at a time while others are killed at any moment', async (strategy) => {
  const directory = temporaryDirectory();
  // A marker without a name, whose maker was killed in the instant before he wrote it, is abandoned after this.
  const settings = { overdueMs: 2000 };
  const options = { target: join(directory, 'x.o'), strategy, witnessPath: join(directory, 'witness'), settings };
  const survivors = Array.from({ length: 3 }, () => new Contender('contend', { ...options, rounds: ROUNDS[strategy] }));
  let over = false;
  const counts = together<{ rounds: number; overlaps: number; lost: number }>(survivors).finally(() => {
    over = true;
  });
  const random = dice(20_240_506);
  let killed = 0;
  while (!over && killed < 12) {
    const victim = new Contender('contend', { ...options, rounds: 1_000_000 });
    await victim.line();
    victim.say('go');
    await sleep(random() * 50);
    await victim.kill();
    killed++;
  }
  expect(await counts).toEqual(Array(3).fill({ rounds: ROUNDS[strategy], overlaps: 0, lost: 0 }));
  expect(killed).toBeGreaterThan(2);
  const last = await lockOf(strategy, options.target, settings).acquire({ timeoutMs: 10_000 });
  expect(last.kind).toBe('acquired');
  if (last.kind === 'acquired') last.lock.release();
  // What a killed process was just removing stays under a name of temporaries, at most one for each.
  const left = readdirSync(directory).filter((name) => name !== 'witness' && name !== 'x.o.lock');
  expect(left.filter((name) => !/^x\.o\.lock(dir|\.excl)\.\d+\.[0-9a-f]+\.tmp$/.test(name))).toEqual([]);
  expect(left.length).toBeLessThanOrEqual(killed);
});

test.each(['flock', 'fcntl'])(
  '%s lets in one at a time while its file is removed again and again',
  async (strategy) => {
    const directory = temporaryDirectory();
    const options = { target: join(directory, 'x.o'), strategy, witnessPath: join(directory, 'witness'), rounds: 1500 };
    // As tools do that clean up after themselves: whoever has opened the file just before gets the lock of a removed one.
    const all = { ...options, removes: true };
    const contenders = Array.from({ length: 3 }, () => new Contender('contend', all));
    expect(await together(contenders)).toEqual(Array(3).fill({ rounds: 1500, overlaps: 0, lost: 0 }));
  },
);
