import { expect, test } from 'vitest';
import { firingAt, firingOfChange } from '../../src/scheduler/firing.js';
import { RunQueue, type Waiting } from '../../src/scheduler/run-queue.js';
import { Random } from '../support/random.js';

const ONE = Date.UTC(2026, 10, 27, 1);

const waiting = (build: string, primary?: string): Waiting => ({
  build,
  primary,
  firing: firingAt(ONE),
  since: '2026-11-27T01:00:00Z',
  done: () => undefined,
});

const names = (queue: RunQueue): string[] => queue.list.map(({ build }) => build);

test('runs wait in the order in which they came', () => {
  const queue = new RunQueue();
  expect(['a', 'b', 'c'].map((name) => queue.enter(waiting(name)))).toEqual([1, 2, 3]);
  expect(queue.take()?.build).toBe('a');
  expect(names(queue)).toEqual(['b', 'c']);
});

test('a primary goes before its secondaries, and before no other build', () => {
  const queue = new RunQueue();
  for (const one of [waiting('x'), waiting('s1', 'p'), waiting('y'), waiting('s2', 'p')]) queue.enter(one);
  expect(queue.enter(waiting('p'))).toBe(2);
  expect(names(queue)).toEqual(['x', 'p', 's1', 'y', 's2']);
});

test('no run waits for ever, however often others come', () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = new Random(seed);
    const queue = new RunQueue();
    const places = 1 + random.below(3);
    const running = new Set<string>();
    const builds = ['p', 'q', 's1', 's2', 's3', 't1'].map((name) => waiting(name, primaryOf(name)));
    let takes = 0;
    const since = new Map<string, number>();
    for (let step = 0; step < 400; step++) {
      // A build that neither runs nor waits fires again at once: there is always more to do than gets done.
      for (const build of builds) {
        if (running.has(build.build) || queue.of(build.build) !== undefined || random.chance(0.2)) continue;
        queue.enter(build);
        since.set(build.build, takes);
      }
      // A place that becomes free is taken at once, before its build comes again.
      const [first] = [...running].slice(random.below(running.size + 1));
      if (first !== undefined) running.delete(first);
      while (running.size < places) {
        const next = queue.take();
        if (next === undefined) break;
        running.add(next.build);
        takes++;
        const waited = takes - (since.get(next.build) ?? takes);
        expect(waited, `${next.build}, seed ${seed}`).toBeLessThanOrEqual(3 * builds.length);
      }
    }
  }
});

const primaryOf = (name: string): string | undefined =>
  name.startsWith('s') ? 'p' : name.startsWith('t') ? 'q' : undefined;

test('one that stays in its place for another reason keeps it', () => {
  const queue = new RunQueue();
  for (const name of ['a', 'b']) queue.enter(waiting(name));
  const first = queue.of('a');
  if (first !== undefined) queue.replace(first, firingOfChange(ONE));
  expect(queue.list.map(({ build, firing }) => [build, firing.name])).toEqual([
    ['a', 'change-20261127T010000000Z'],
    ['b', '20261127T0100Z'],
  ]);
});
