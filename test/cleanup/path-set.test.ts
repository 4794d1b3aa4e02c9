import { expect, test } from 'vitest';
import { PathSet } from '../../src/cleanup/path-set.js';

test('a set of paths has those that were added, and no others, however many and however alike they are', () => {
  const paths = new PathSet();
  const path = (number: number): string => `/objects/${number % 7}/o${number}.o.lock.excl`;
  for (let number = 0; number < 200_000; number += 2) paths.add(path(number));
  const numbers = Array.from({ length: 200_000 }, (_, number) => number);
  expect(numbers.filter((number) => paths.has(path(number)) !== (number % 2 === 0))).toEqual([]);
  expect(paths.has('')).toBe(false);
});
