import { join } from 'node:path';
import { expect, test } from 'vitest';
import { longTestsLeftOut } from './long-tests.js';

test('each of the long tests is in one of any five parts in a row', () => {
  const root = join(import.meta.dirname, '..');
  for (let first = 20_000; first < 20_005; first++) {
    const leftOut = [0, 1, 2, 3, 4].flatMap((part) => longTestsLeftOut(root, { kind: 'part', number: first + part }));
    const counts = new Map<string, number>();
    for (const file of leftOut) counts.set(file, (counts.get(file) ?? 0) + 1);
    expect(counts.size).toBeGreaterThan(30);
    expect([...counts.values()].every((count) => count === 4)).toBe(true);
  }
  expect(longTestsLeftOut(root, { kind: 'all' })).toEqual([]);
});
