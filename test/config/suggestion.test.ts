import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance, nearest } from '../../src/config/suggestion.js';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['timeout', 'timeout', 0],
    ['tiemout', 'timeout', 1],
    ['timout', 'timeout', 1],
    ['tineout', 'timeout', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
  ])('between %j and %j is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  it('is symmetric, and at most one per swap of neighbours', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 2, maxLength: 7 });
    fc.assert(
      fc.property(word, word, fc.nat(), (a, b, at) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        const place = at % (a.length - 1);
        const swapped = `${a.slice(0, place)}${a[place + 1]}${a[place]}${a.slice(place + 2)}`;
        expect(editDistance(a, swapped)).toBe(a === swapped ? 0 : 1);
      }),
    );
  });
});

describe('nearest', () => {
  const keys = ['timeout', 'grace', 'stages', 'update_timeout'];

  it.each([
    ['timeuot', 'timeout'],
    ['Timeout', 'timeout'],
    ['stage', 'stages'],
    ['update-timeout', 'update_timeout'],
    ['colour', undefined],
    ['x', undefined],
  ])('for %j is %j', (word, expected) => {
    expect(nearest(word, keys)).toBe(expected);
  });

  it('is asked about in a sentence', () => {
    expect(didYouMean('grce', keys)).toBe('; did you mean `grace`?');
    expect(didYouMean('zzz', keys)).toBe('');
  });
});
