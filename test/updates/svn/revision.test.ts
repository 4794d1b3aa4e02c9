import { expect, test } from 'vitest';
import { type Parts, partsOf, revisionText } from '../../../src/updates/svn/revision.js';

test.each<[string, Parts]>([
  ['12+^/trunk', { number: '12', path: '/trunk', externals: new Map() }],
  ['12+^', { number: '12', path: '', externals: new Map() }],
  [
    '12+^/a%2Bb%40c+a/b@5+c%2Bd%401%20%C3%A4%5E@7',
    {
      number: '12',
      path: '/a+b@c',
      externals: new Map([
        ['a/b', 5],
        ['c+d@1 ä^', 7],
      ]),
    },
  ],
  // As records had it before they kept the path.
  ['12', { number: '12', path: undefined, externals: new Map() }],
  ['12+lib@5', { number: '12', path: undefined, externals: new Map([['lib', 5]]) }],
])('a revision has its place and its externals, whatever they are called: %s', (text, parts) => {
  expect(partsOf(text)).toEqual(parts);
  expect(partsOf(revisionText(parts))).toEqual(parts);
});
