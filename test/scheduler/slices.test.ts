import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Slices } from '../../src/scheduler/slices.js';
import { until } from '../support/until.js';

test('pieces are done in their order, and timers have their turn between them', async () => {
  let nowMs = 0;
  const errors: unknown[] = [];
  const slices = new Slices(
    (error) => errors.push(error),
    () => nowMs,
  );
  const done: (number | string)[] = [];
  for (let i = 0; i < 6; i++) {
    slices.add(() => {
      nowMs += 4;
      if (i === 1) throw new Error('one');
      done.push(i);
      if (i === 0) setImmediate(() => done.push('other'));
    });
  }
  expect(done).toEqual([]);
  await until('all pieces', () => done.length >= 6);
  // Three pieces are 12 ms, so the fourth comes after whatever else there is.
  expect(done).toEqual([0, 2, 'other', 3, 4, 5]);
  expect(errors).toEqual([new Error('one')]);
});

test('what is cleared is not done, what comes after it is', async () => {
  const slices = new Slices(() => undefined);
  const done: string[] = [];
  slices.add(() => {
    done.push('first');
    slices.clear();
    slices.add(() => done.push('later'));
  });
  slices.add(() => done.push('never'));
  await sleep(20);
  expect(done).toEqual(['first', 'later']);
});

test('a piece with a result gives it to its caller', async () => {
  const slices = new Slices(() => undefined);
  await expect(slices.run(() => 1)).resolves.toBe(1);
  await expect(
    slices.run(() => {
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
});
