import { describe, expect, test } from 'vitest';
import { definitionsOf, partsOf, revisionWith } from '../../../src/updates/svn/externals.js';

describe('a definition of an external', () => {
  test.each([
    ['^/lib lib', 'lib', false],
    ['../lib third/lib', 'third/lib', false],
    ['//host/lib lib', 'lib', false],
    ['/svn/lib lib', 'lib', false],
    ['https://host/lib "a b"', 'a b', false],
    ['https://host/a\\ b a\\ b', 'a b', false],
    ['https://user@host/lib lib', 'lib', false],
    ['lib https://host/lib', 'lib', false],
    ['^/lib@HEAD lib', 'lib', false],
    ['-r HEAD ^/lib lib', 'lib', false],
    ['^/lib@12 lib', 'lib', true],
    ['-r12 ^/lib lib', 'lib', true],
    ['-r 12 ^/lib lib', 'lib', true],
    ['-r {2026-01-01} ^/lib lib', 'lib', true],
    ['lib -r12 https://host/lib', 'lib', true],
    ['lib -r 12 https://host/lib', 'lib', true],
  ])('%s', (line, path, pinned) => {
    expect(definitionsOf(`# a comment\n\n${line}\r\n`)).toEqual([{ path, pinned }]);
  });

  test.each(['lib', '', '-r', '# ^/lib lib'])('%j is none', (line) => {
    expect(definitionsOf(line)).toEqual([]);
  });
});

test('a revision has its externals, whatever they are called', () => {
  const info = (changed: number) => ({ kind: 'info', revision: 9, changed, url: 'x', root: 'x' }) as const;
  const infos = new Map([
    ['a/b', info(5)],
    ['c+d@1 ä', info(7)],
  ]);
  const revision = revisionWith('12', { kind: 'externals', infos });
  expect(revision).toBe('12+a/b@5+c%2Bd%401%20%C3%A4@7');
  expect(partsOf(revision)).toEqual({
    number: '12',
    externals: new Map([
      ['a/b', 5],
      ['c+d@1 ä', 7],
    ]),
  });
  expect(partsOf('12')).toEqual({ number: '12', externals: new Map() });
});
