import { join } from 'node:path';
import { expect, test } from 'vitest';
import { longTestsLeftOut, PARTS } from './long-tests.js';

test('each of the long tests is in one of any so many parts in a row', () => {
  const root = join(import.meta.dirname, '..');
  for (let first = 20_000; first < 20_000 + PARTS; first++) {
    const parts = Array.from({ length: PARTS }, (_, part) => first + part);
    const leftOut = parts.flatMap((number) => longTestsLeftOut(root, { kind: 'part', number }));
    const counts = new Map<string, number>();
    for (const file of leftOut) counts.set(file, (counts.get(file) ?? 0) + 1);
    expect(counts.size).toBeGreaterThan(30);
    expect([...counts.values()].every((count) => count === PARTS - 1)).toBe(true);
  }
  expect(longTestsLeftOut(root, { kind: 'all' })).toEqual([]);
});
