import { expect, test } from 'vitest';
import { isOfDay } from './chosen.js';

test('each state has its turn on one day of any seven', () => {
  for (let first = 0; first < 10; first++) {
    const days = Array.from({ length: 7 }, (_, day) => new Date(Date.UTC(2027, 1, 24 + first + day, 3 * day)));
    for (let index = 0; index < 30; index++) expect(days.filter((day) => isOfDay(index, day))).toHaveLength(1);
  }
});
