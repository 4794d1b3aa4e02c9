import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { entryName, parseEntry } from '../../src/spool/entry.js';
import { compactTime } from '../../src/text/compact-time.js';

const times = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
const attempts = fc.record(
  { tries: fc.nat({ max: 999_999_999 }), tried: times, notBefore: times },
  { requiredKeys: ['tries', 'tried'] },
);

describe('the name of an entry', () => {
  test('says all that a decision needs, of files and directories', () => {
    fc.assert(
      fc.property(
        attempts,
        fc.constantFrom('.json', ''),
        fc.stringMatching(/^[A-Za-z0-9._-]{1,120}$/),
        (said, extension, stem) => {
          const name = entryName(stem, said, extension);
          expect(name.length).toBeLessThanOrEqual(255);
          expect(parseEntry('/spool', name, extension)).toEqual({ path: `/spool/${name}`, stem, attempts: said });
        },
      ),
    );
  });

  test('says nothing that it cannot say: then the content is read', () => {
    for (const tried of ['+275760-09-13T00:00:00.000Z', '-000001-01-01T00:00:00.000Z', 'never', '']) {
      expect(entryName('a', { tries: 1, tried }, '.json')).toBe('a.json');
    }
    expect(entryName('a', { tries: 0 }, '.json')).toBe('a.json');
    for (const tries of [-1, 0.5, Number.NaN, 1e12]) {
      expect(entryName('a', { tries, tried: '2002-01-31T11:21:00Z' }, '')).toBe('a');
    }
    expect(compactTime('Thu, 31 Jan 2002 12:21:00 +0100')).toBe('20020131T112100000Z');
  });

  test('is none of an entry when something else stands behind the @', () => {
    const strange = [
      '@',
      '@1',
      '@1.',
      '@x.20020131T112100000Z',
      '@-1.20020131T112100000Z',
      '@1.20020131T112100000Z.',
      '@1.20021331T112100000Z',
      '@1.20020131T112100000Z@1.20020131T112100000Z',
      '@1.20020131T112100000Z.20020131T112100000Z.20020131T112100000Z',
      '@9999999999.20020131T112100000Z',
    ];
    for (const said of strange)
      expect([said, parseEntry('/spool', `a${said}.json`, '.json')]).toEqual([said, undefined]);
  });
});
