import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome, State } from './state.js';
import { define, NEWS, pushTheirs, svn, theirs, tryToUpdate, urlOf, withExternals } from './svn-world.js';
import type { World } from './world.js';

const MENDED: Outcome = { primary: 'builds', secondary: 'refuses' };
const BUILDS: Outcome = { primary: 'builds', secondary: 'builds' };
const begin = withExternals;
const theirsMove = (world: World): void => pushTheirs(world, { 'lib/x.c': 'int x = 3;\n' });

/** What the externals of a source can be in. */
export const SVN_EXTERNAL_STATES: readonly State[] = [
  { state: 'externals: as they were, and news in one', begin, make: theirsMove, outcome: BUILDS },
  {
    state: 'externals: news in one within one, and in a file',
    begin,
    make: (world) => {
      pushTheirs(world, { 'one/one.c': 'int one = 2;\n' });
      writeFileSync(join(world.root, 'one.c'), 'int linked = 2;\n');
      world.runIn(world.root, 'svn', 'checkout', '-q', urlOf(world, 'other'), 'other-work');
      renameSync(join(world.root, 'one.c'), join(world.root, 'other-work', 'linked.c'));
      world.runIn(join(world.root, 'other-work'), 'svn', 'commit', '-q', '-m', 'linked');
    },
    outcome: BUILDS,
  },
  {
    state: 'externals: a file edited that the news touch',
    begin,
    make: (world) => {
      world.append('ext/x.c', 'int mine;\n');
      theirsMove(world);
    },
    outcome: {
      'fast-forward': {
        primary: 'refuses',
        secondary: 'builds',
        names: ['ext/x.c'],
        modified: ['ext/x.c'],
        untracked: ['ext/x.c.mine'],
      },
      reset: { ...BUILDS, modified: ['ext/x.c'] },
    },
  },
  {
    state: 'externals: files edited that no news touch',
    begin,
    make: (world) => {
      world.append('ext/sub/y.c', 'int mine;\n');
      world.append('lib/pin/y.c', 'int mine;\n');
      world.append('linked.c', 'int mine;\n');
      world.push(NEWS);
      theirsMove(world);
    },
    outcome: { ...BUILDS, modified: ['ext/sub/y.c', 'lib/pin/y.c', 'linked.c'] },
  },
  {
    state: 'externals: a conflict in one, from an update by hand',
    begin,
    make: (world) => {
      world.write('ext/x.c', 'int mine;\n');
      theirsMove(world);
      world.push(NEWS);
      tryToUpdate(world);
    },
    outcome: {
      'fast-forward': {
        primary: 'refuses',
        secondary: 'refuses',
        names: ['ext/x.c'],
        untracked: ['ext/x.c.mine', 'ext/x.c.mine.2'],
      },
      reset: MENDED,
    },
  },
  {
    state: 'externals: one missing that follows HEAD',
    begin,
    make: (world) => {
      world.remove('ext');
      world.push(NEWS);
    },
    outcome: MENDED,
  },
  {
    state: 'externals: one missing that stays at a revision, and a file',
    begin,
    make: (world) => {
      world.remove('lib/pin');
      world.remove('linked.c');
      world.push(NEWS);
    },
    outcome: MENDED,
  },
  {
    state: 'externals: one updated by hand that stays at a revision',
    begin,
    make: (world) => {
      pushTheirs(world, { 'lib/sub/y.c': 'int y = 2;\n' });
      svn(world, 'update', '-q', 'lib/pin');
      world.push(NEWS);
    },
    outcome: { ...MENDED, names: ['lib/pin'] },
  },
  {
    state: 'externals: a directory in one at an older revision',
    begin: (world) => {
      begin(world);
      pushTheirs(world, { 'lib/sub/y.c': 'int y = 2;\n' });
    },
    make: (world) => {
      svn(world, 'update', '-q', '-r', '1', 'ext/sub');
      world.push(NEWS);
    },
    outcome: { ...MENDED, names: ['ext/sub'] },
  },
  {
    state: 'externals: a directory in one brought to a revision in which it was not there',
    begin: (world) => {
      begin(world);
      pushTheirs(world, { 'lib/late/z.c': 'int z;\n' });
    },
    make: (world) => {
      svn(world, 'update', '-q', '-r', '1', 'ext/late');
      world.push(NEWS);
    },
    outcome: { ...MENDED, names: ['ext/late'] },
  },
  {
    state: 'externals: one at an older revision',
    begin,
    make: (world) => {
      svn(world, 'update', '-q', '-r', '1', 'ext');
      world.push(NEWS);
    },
    outcome: MENDED,
  },
  {
    state: 'externals: something else in the place of one',
    begin,
    make: (world) => {
      rmSync(join(world.source, 'ext', '.svn'), { recursive: true });
      world.push(NEWS);
    },
    outcome: {
      primary: 'refuses',
      secondary: 'refuses',
      names: ['ext'],
      untracked: ['ext.mine/x.c', 'ext.mine/sub/y.c', 'ext.mine/inner one/one.c'],
    },
  },
  {
    state: 'externals: something that svn does not know where a new one comes',
    begin,
    make: (world) => {
      world.write('new/mine.c', 'int mine;\n');
      define(world, [`${theirs(world, 'lib')} ext`, '^/other/linked.c linked.c', `${theirs(world, 'one')} new`]);
    },
    outcome: {
      primary: 'refuses',
      secondary: 'builds',
      names: ['new'],
      untracked: ['new/mine.c', 'new.mine/mine.c'],
    },
  },
  {
    state: 'externals: a directory in one switched elsewhere',
    begin: (world) => {
      begin(world);
      world.runIn(world.root, 'svn', 'copy', '-q', '-m', 'copy', theirs(world, 'lib'), theirs(world, 'lib2'));
    },
    make: (world) => {
      svn(world, 'switch', '-q', theirs(world, 'lib2/sub'), 'ext/sub');
      world.push(NEWS);
    },
    outcome: { primary: 'refuses', secondary: 'refuses', names: ['ext/sub'] },
  },
  {
    state: 'externals: one defined elsewhere, one gone, one new',
    begin,
    make: (world) =>
      define(world, [`${theirs(world, 'lib/sub')} ext`, '^/other/linked.c linked.c', `${theirs(world, 'one')} new`]),
    outcome: BUILDS,
  },
  {
    state: 'externals: one edited that is defined elsewhere now',
    begin,
    make: (world) => {
      world.append('lib/pin/y.c', 'int mine;\n');
      pushTheirs(world, { 'lib/sub/y.c': 'int y = 2;\n' });
      define(world, [
        `${theirs(world, 'lib')} ext`,
        `${theirs(world, 'lib/sub')} lib/pin`,
        '^/other/linked.c linked.c',
      ]);
    },
    outcome: {
      'fast-forward': {
        primary: 'refuses',
        secondary: 'builds',
        names: ['lib/pin/y.c'],
        modified: ['lib/pin/y.c'],
        untracked: ['lib/pin/y.c.mine'],
      },
      reset: { ...BUILDS, modified: ['lib/pin/y.c'] },
    },
  },
  {
    state: 'externals: the repository of one away',
    begin,
    make: (world) => {
      world.push(NEWS);
      renameSync(join(world.root, 'theirs'), join(world.root, 'theirs.away'));
    },
    outcome: {
      primary: 'refuses',
      secondary: 'builds',
      besides: {
        because: 'the server must come back',
        done: (world) => renameSync(join(world.root, 'theirs.away'), join(world.root, 'theirs')),
      },
    },
  },
  {
    state: 'externals: the repository of a new one not there yet',
    begin,
    make: (world) => {
      define(world, [
        `${theirs(world, 'lib')} ext`,
        `file://${join(world.root, 'late')} late`,
        '^/other/linked.c linked.c',
      ]);
    },
    outcome: {
      primary: 'refuses',
      secondary: 'builds',
      names: ['late'],
      besides: {
        because: 'the server must come',
        done: (world) => {
          world.runIn(world.root, 'svnadmin', 'create', 'late');
          mkdirSync(join(world.root, 'late-files'));
          writeFileSync(join(world.root, 'late-files', 'z.c'), 'int z;\n');
          world.runIn(world.root, 'svn', 'import', '-q', '-m', 'z', 'late-files', `file://${join(world.root, 'late')}`);
        },
      },
    },
  },
];
