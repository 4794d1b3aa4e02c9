import { expect, test } from 'vitest';
import { changedByBoth } from '../../../src/updates/svn/obstacle.js';
import type { Entry } from '../../../src/updates/svn/status.js';

const local = (path: string, item = 'modified'): Entry => ({
  path,
  item,
  props: 'none',
  revision: '1',
  conflicted: false,
  locked: false,
  switched: false,
  external: false,
});

test('what both change is named with the directory that is scheduled around it', () => {
  const mine = [
    local('lib', 'deleted'),
    local('lib/a', 'deleted'),
    local('lib/deep', 'deleted'),
    local('li', 'deleted'),
  ];
  const both = changedByBoth(mine, [{ path: 'lib/a', item: 'modified', props: 'none' }]);
  expect(both.map(({ path }) => path)).toEqual(['lib', 'lib/a']);
});

test.each([
  ['the same file', local('lib/a'), { path: 'lib/a', item: 'modified', props: 'none' }, true],
  ['another file', local('lib/a'), { path: 'lib/ab', item: 'modified', props: 'none' }, false],
  ['a file in a directory that goes', local('lib/a'), { path: 'lib', item: 'deleted', props: 'none' }, true],
  [
    'a file in a directory of which properties change',
    local('lib/a'),
    { path: 'lib', item: 'none', props: 'modified' },
    false,
  ],
  [
    'a directory that is deleted here',
    local('lib', 'deleted'),
    { path: 'lib/new', item: 'added', props: 'none' },
    true,
  ],
  [
    'a directory of which properties are changed here',
    local('lib', 'normal'),
    { path: 'lib/new', item: 'added', props: 'none' },
    false,
  ],
  ['all of it', local('.', 'normal'), { path: '.', item: 'none', props: 'modified' }, true],
  [
    'a directory in which something changes',
    local('.', 'normal'),
    { path: '.', item: 'modified', props: 'none' },
    false,
  ],
  ['a name that begins another', local('li', 'deleted'), { path: 'lib/a', item: 'modified', props: 'none' }, false],
] as const)('what both change: %s', (_what, mine, incoming, is) => {
  expect(changedByBoth([mine], [incoming])).toEqual(is ? [mine] : []);
});
