import { describe, expect, test } from 'vitest';
import { definitionsOf, isOf } from '../../../src/updates/svn/definitions.js';

describe('a definition of an external', () => {
  test.each([
    ['^/lib lib', '^/lib', 'lib', undefined],
    ['../lib third/lib', '../lib', 'third/lib', undefined],
    ['//host/lib lib', '//host/lib', 'lib', undefined],
    ['/svn/lib lib', '/svn/lib', 'lib', undefined],
    ['https://host/lib "a b"', 'https://host/lib', 'a b', undefined],
    ["https://host/lib 'a \"b'", 'https://host/lib', 'a "b', undefined],
    ['https://host/a\\ b a\\ b', 'https://host/a b', 'a b', undefined],
    ['https://user@host/lib lib', 'https://user@host/lib', 'lib', undefined],
    ['lib https://host/lib', 'https://host/lib', 'lib', undefined],
    ['^/lib@HEAD lib', '^/lib', 'lib', undefined],
    ['^/lib@ lib', '^/lib', 'lib', undefined],
    ['-r HEAD ^/lib lib', '^/lib', 'lib', undefined],
    ['^/lib@12 lib', '^/lib', 'lib', '12'],
    ['-r12 ^/lib lib', '^/lib', 'lib', '12'],
    ['-r 12 ^/lib@14 lib', '^/lib', 'lib', '12'],
    ['-r {2026-01-01} ^/lib lib', '^/lib', 'lib', '{2026-01-01}'],
    ['lib -r12 https://host/lib', 'https://host/lib', 'lib', '12'],
    ['lib -r 12 https://host/lib', 'https://host/lib', 'lib', '12'],
  ])('%s', (line, url, path, pinned) => {
    expect(definitionsOf(`# a comment\n\n${line}\r\n`)).toEqual([
      { path, url, pinned, operative: line.includes('-r') },
    ]);
  });

  test.each(['lib', '', '-r', '# ^/lib lib'])('%j is none', (line) => {
    expect(definitionsOf(line)).toEqual([]);
  });
});

describe('what is checked out', () => {
  const base = { url: 'https://Host/svn/r/trunk/sub', root: 'https://Host/svn/r' };
  test.each([
    ['^/lib lib', 'https://host/svn/r/lib', true],
    ['^/lib/ lib', 'https://host/svn/r/lib', true],
    ['^/../other/lib lib', 'https://host/svn/other/lib', true],
    ['../../lib lib', 'https://host/svn/r/lib', true],
    ['//host/svn/r/lib lib', 'https://host/svn/r/lib', true],
    ['/svn/r/lib lib', 'https://host/svn/r/lib', true],
    ['https://host/svn/r/a%20b lib', 'https://host/svn/r/a%20b', true],
    ["'^/a b' lib", 'https://host/svn/r/a%20b', true],
    ['^/a%zz lib', 'https://host/svn/r/a%zz', true],
    ['^/lib lib', 'https://host/svn/r/lib2', false],
    ['^/lib lib', 'https://host/svn/r/branches/lib', false],
    ['https://host/svn/other/lib lib', 'https://host/svn/r/lib', false],
    // A server that has moved.
    ['http://old.host/r/lib lib', 'https://host/svn/r/lib', true],
    ['http://old.host/r/lib2 lib', 'https://host/svn/r/lib', false],
  ])('of %s is %s: %s', (line, url, is) => {
    const [definition] = definitionsOf(line);
    expect(definition && isOf(definition, base, { url, root: /^https:..[^/]*.svn.[^/]*/.exec(url)?.[0] ?? '' })).toBe(
      is,
    );
  });
});
