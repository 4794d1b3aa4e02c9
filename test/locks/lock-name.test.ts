import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isShortName, pathBeside, shortName } from '../../src/locks/index.js';

test('a short name fits with every ending where 143 bytes are the limit, is one, and is the same each time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
      const short = shortName(name);
      expect(Buffer.byteLength(short) + '.lock.excl.4194304.0123456789abcdef.tmp'.length).toBeLessThanOrEqual(143);
      expect(isShortName(short)).toBe(true);
      // None that was not there: a character cut in two.
      if (!name.includes('\ufffd')) expect(short).not.toContain('\ufffd');
      expect(shortName(name)).toBe(short);
    }),
  );
});

test('names that differ behind what is kept of them have different short names', () => {
  expect(shortName(`${'a'.repeat(200)}1`)).not.toBe(shortName(`${'a'.repeat(200)}2`));
});

test('a name with room for the ending keeps it', () => {
  for (const length of [1, 133, 134, 200, 250])
    expect(pathBeside(`/tmp/${'a'.repeat(length)}`, '.lock')).toMatch(/a\.lock$/);
  expect(pathBeside(`/tmp/${'a'.repeat(251)}`, '.lock')).toBe(`/tmp/${shortName('a'.repeat(251))}.lock`);
});
