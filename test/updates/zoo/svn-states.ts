import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { missingForKills } from '../systems/broken.js';
import type { Outcome, State } from './state.js';
import { SVN_EXTERNAL_STATES } from './svn-external-states.js';
import { SVN_REPOSITORY_STATES } from './svn-repository-states.js';
import { NEWS, svn, tryToUpdate, urlOf } from './svn-world.js';
import type { World } from './world.js';

const BUILDS: Outcome = { primary: 'builds', secondary: 'builds' };
/** What the next update ends; a secondary makes none. */
const MENDED: Outcome = { primary: 'builds', secondary: 'refuses' };

/** What a person must end, but for a primary that discards. */
function ended(names: readonly string[], untracked: readonly string[] = []): State['outcome'] {
  return {
    'fast-forward': { primary: 'refuses', secondary: 'refuses', names, untracked },
    reset: { ...MENDED, untracked },
  };
}

/** The same where the tree is what is recorded before the update begins. */
function inTheWay(
  names: readonly string[],
  { untracked = [], modified = [] }: Partial<Outcome> = {},
): State['outcome'] {
  return {
    'fast-forward': { primary: 'refuses', secondary: 'builds', names, untracked, modified },
    reset: { ...BUILDS, untracked, modified },
  };
}

/** An older revision of everything there is to go back to. */
const older = (world: World): void => world.push({ write: { 'lib/c.c': 'int c = 2;\n', 'b.c': 'int b;\n' } });

const ODD = ["it's @2 ä.c", '-dash.c', 'a$(b)"c;d'] as const;

/** What the working copy of a source in Subversion can be in. */
export const SVN_STATES: readonly State[] = [
  { state: 'as it was, and news', make: (world) => world.push(NEWS), outcome: BUILDS },
  { state: 'as it was, and no news', make: () => undefined, outcome: { primary: 'quiet', secondary: 'builds' } },
  {
    state: 'M: a file edited that no news touch',
    make: (world) => {
      world.append('b.c', 'int mine;\n');
      world.push(NEWS);
    },
    outcome: { ...BUILDS, modified: ['b.c'] },
  },
  {
    state: 'M: a file edited that the news touch',
    quick: true,
    make: (world) => {
      world.append('a.c', 'int mine;\n');
      world.push(NEWS);
    },
    outcome: inTheWay(['a.c'], { modified: ['a.c'], untracked: ['a.c.mine'] }),
  },
  {
    state: 'M: files with odd names edited that the news touch',
    begin: (world) => world.push({ write: Object.fromEntries(ODD.map((name) => [`lib/${name}`, '1\n'])) }),
    make: (world) => {
      for (const name of ODD) world.append(`lib/${name}`, 'mine\n');
      world.push({ write: Object.fromEntries(ODD.map((name) => [`lib/${name}`, '2\n'])) });
    },
    outcome: inTheWay(ODD, {
      modified: ODD.map((name) => `lib/${name}`),
      untracked: ODD.map((name) => `lib/${name}.mine`),
    }),
  },
  {
    state: 'M: a property of a file edited',
    make: (world) => {
      svn(world, 'propset', '-q', 'svn:keywords', 'Id', 'b.c');
      world.push(NEWS);
    },
    outcome: { ...BUILDS, modified: ['b.c'] },
  },
  {
    state: 'M: properties of the top directory and of a file edited that the news edit',
    make: (world) => {
      svn(world, 'propset', '-q', 'svn:ignore', 'mine', '.');
      svn(world, 'propset', '-q', 'note', 'mine', 'b.c');
      const work = join(world.root, 'work');
      world.runIn(work, 'svn', 'propset', '-q', 'svn:ignore', 'theirs', '.');
      world.runIn(work, 'svn', 'propset', '-q', 'note', 'theirs', 'b.c');
      world.push(NEWS);
    },
    outcome: inTheWay(['b.c'], { untracked: ['b.c.mine', 'properties.mine'], modified: ['b.c', '.'] }),
  },
  {
    state: 'A: a file and a directory added',
    make: (world) => {
      world.write('new one.c', 'int mine;\n');
      world.write('new/two.c', 'int mine;\n');
      svn(world, 'add', '-q', 'new one.c', 'new');
      world.push(NEWS);
    },
    outcome: { ...BUILDS, modified: ['new one.c', 'new/two.c'], untracked: ['new one.c', 'new/two.c'] },
  },
  {
    state: 'A: a file added that the news add, too',
    make: (world) => {
      world.write('n.c', 'int mine;\n');
      svn(world, 'add', '-q', 'n.c');
      world.push({ write: { 'n.c': 'int theirs;\n' } });
    },
    outcome: inTheWay(['n.c'], { modified: ['n.c'], untracked: ['n.c', 'n.c.mine'] }),
  },
  {
    state: 'A +: a directory copied, a file moved',
    make: (world) => {
      svn(world, 'copy', '-q', 'lib', 'lib2');
      svn(world, 'move', '-q', 'b.c', 'c.c');
      world.push(NEWS);
    },
    outcome: {
      ...BUILDS,
      modified: ['b.c', 'c.c', 'lib2/c.c', 'lib2/deep/d.c'],
      // svn reports a copied directory as one.
      untracked: ['c.c', 'lib2/c.c', 'lib2/deep/d.c'],
    },
  },
  {
    state: 'D: a file and a directory deleted',
    make: (world) => {
      svn(world, 'delete', '-q', 'b.c', 'lib/deep');
      world.push(NEWS);
    },
    outcome: { ...BUILDS, modified: ['b.c', 'lib/deep/d.c'] },
  },
  {
    state: 'D: a directory deleted in which the news add a file',
    make: (world) => {
      svn(world, 'delete', '-q', 'lib');
      world.push({ write: { 'lib/new.c': 'int n;\n' } });
    },
    outcome: inTheWay(['lib'], { modified: ['lib/c.c', 'lib/deep/d.c'] }),
  },
  {
    state: 'D, A +: a directory moved in which the news edit a file',
    make: (world) => {
      svn(world, 'move', '-q', 'lib', 'moved');
      world.push({ write: { 'lib/deep/d.c': 'int d = 2;\n' } });
    },
    outcome: inTheWay(['lib'], {
      modified: ['lib/c.c', 'lib/deep/d.c', 'moved/c.c', 'moved/deep/d.c'],
      untracked: ['moved/c.c', 'moved/deep/d.c'],
    }),
  },
  {
    state: 'R: a file replaced',
    make: (world) => {
      svn(world, 'delete', '-q', 'b.c');
      world.write('b.c', 'int mine;\n');
      svn(world, 'add', '-q', 'b.c');
      world.push(NEWS);
    },
    outcome: { ...BUILDS, modified: ['b.c'] },
  },
  {
    state: 'M: a file edited in a directory that the news remove',
    make: (world) => {
      world.append('lib/deep/d.c', 'int mine;\n');
      world.push({ remove: ['lib'] });
    },
    outcome: inTheWay(['lib/deep/d.c'], { modified: ['lib/deep/d.c'], untracked: ['lib/deep/d.c.mine'] }),
  },
  {
    state: '?: files that svn does not know',
    make: (world) => {
      world.write('unknown.c', 'int mine;\n');
      world.write('lib/deep/un known', 'mine\n');
      world.push({ remove: ['lib/deep'] });
    },
    outcome: { ...BUILDS, untracked: ['unknown.c', 'lib/deep/un known'] },
  },
  {
    state: '?: a file that svn does not know where the news add one',
    make: (world) => {
      world.write('n.c', 'int mine;\n');
      world.push({ write: { 'n.c': 'int n;\n' } });
    },
    outcome: inTheWay(['n.c'], { untracked: ['n.c', 'n.c.mine'] }),
  },
  {
    state: '?: a directory where the news add a file, a file where they add a directory',
    make: (world) => {
      world.write('n.c/mine', 'int mine;\n');
      world.write('nd', 'int mine;\n');
      world.push({ write: { 'n.c': 'int n;\n', 'nd/x.c': 'int x;\n' } });
    },
    outcome: inTheWay(['n.c', 'nd'], { untracked: ['n.c/mine', 'n.c.mine/mine', 'nd', 'nd.mine'] }),
  },
  {
    state: 'a file that the news make a directory, a directory that they make a file',
    make: (world) => {
      world.push({ remove: ['b.c', 'lib/deep'] });
      world.push({ write: { 'b.c/x.c': 'int x;\n', 'lib/deep': 'a file\n' } });
    },
    outcome: BUILDS,
  },
  {
    state: '!: a file and a directory missing',
    make: (world) => {
      world.remove('lib/deep');
      world.remove('b.c');
      world.push(NEWS);
    },
    outcome: { ...MENDED, names: ['b.c', 'lib/deep'] },
  },
  {
    state: '!: a file missing, and no news',
    make: (world) => world.remove('b.c'),
    // A run without news looks at the files only where a client was at work.
    outcome: { primary: 'quiet', secondary: 'refuses', names: ['b.c'] },
  },
  {
    state: '!: a file added and removed',
    make: (world) => {
      world.write('mine.c', 'int mine;\n');
      svn(world, 'add', '-q', 'mine.c');
      world.remove('mine.c');
      world.push(NEWS);
    },
    outcome: ended(['mine.c']),
  },
  {
    state: '~: a file replaced by a directory, a directory by a file, a file by a link',
    make: (world) => {
      for (const path of ['b.c', 'lib/deep', 'run.sh']) world.remove(path);
      world.write('b.c/mine', 'mine\n');
      world.write('lib/deep', 'mine\n');
      symlinkSync('a.c', join(world.source, 'run.sh'));
      world.push(NEWS);
    },
    outcome: ended(['b.c', 'lib/deep', 'run.sh'], ['b.c.mine/mine', 'lib/deep.mine', 'run.sh.mine']),
  },
  {
    state: 'C: a conflict in a file, from an update by hand',
    make: (world) => {
      world.write('a.c', 'int mine;\n');
      world.push(NEWS);
      tryToUpdate(world);
    },
    outcome: ended(['a.c'], ['a.c.mine', 'a.c.mine.2']),
  },
  {
    state: 'C: conflicts in properties of a file and of the top directory',
    make: (world) => {
      svn(world, 'propset', '-q', 'svn:ignore', 'mine', '.');
      svn(world, 'propset', '-q', 'note', 'mine', 'b.c');
      const work = join(world.root, 'work');
      world.runIn(work, 'svn', 'propset', '-q', 'svn:ignore', 'theirs', '.');
      world.runIn(work, 'svn', 'propset', '-q', 'note', 'theirs', 'b.c');
      world.push(NEWS);
      tryToUpdate(world);
    },
    outcome: ended(
      ['b.c', 'conflicts in properties of .'],
      ['b.c.mine', 'b.c.prej.mine', 'dir_conflicts.prej.mine', 'properties.mine'],
    ),
  },
  {
    state: 'C: a tree conflict, a file that svn does not know in the place of one',
    make: (world) => {
      world.write('n.c', 'int mine;\n');
      world.push({ write: { 'n.c': 'int n;\n' } });
      tryToUpdate(world);
    },
    outcome: ended(['n.c'], ['n.c.mine']),
  },
  {
    state: 'C: a tree conflict, edited here and removed there, and the other way round',
    make: (world) => {
      world.append('lib/deep/d.c', 'int mine;\n');
      svn(world, 'delete', '-q', 'b.c');
      world.push({ remove: ['lib'] });
      world.push({ write: { 'b.c': 'int b = 2;\n' } });
      tryToUpdate(world);
    },
    outcome: ended(['lib', 'b.c'], ['lib.mine/c.c', 'lib.mine/deep/d.c', 'lib/c.c', 'lib/deep/d.c']),
  },
  {
    state: 'C: a conflict that a person has resolved',
    make: (world) => {
      world.write('a.c', 'int mine;\n');
      world.push(NEWS);
      tryToUpdate(world);
      svn(world, 'resolve', '-q', '--accept', 'mine-full', 'a.c');
    },
    outcome: { primary: 'builds', secondary: 'refuses', modified: ['a.c'] },
  },
  {
    state: 'a directory and a file at older revisions',
    begin: older,
    make: (world) => {
      svn(world, 'update', '-q', '-r', '2', 'lib', 'b.c');
      world.push(NEWS);
    },
    outcome: { ...MENDED, names: ['lib', 'b.c'] },
  },
  {
    state: 'a directory at an older revision, and no news',
    begin: older,
    make: (world) => void svn(world, 'update', '-q', '-r', '2', 'lib'),
    outcome: { primary: 'quiet', secondary: 'refuses', names: ['lib'] },
  },
  {
    state: 'all of it at an older revision',
    begin: older,
    make: (world) => {
      svn(world, 'update', '-q', '-r', '2');
      world.push(NEWS);
    },
    outcome: MENDED,
  },
  {
    state: 'updated by hand',
    make: (world) => {
      world.push(NEWS);
      svn(world, 'update', '-q');
    },
    outcome: MENDED,
  },
  {
    state: 'committed from',
    make: (world) => {
      world.append('a.c', 'int mine;\n');
      svn(world, 'commit', '-q', '-m', 'mine');
    },
    outcome: { ...MENDED, names: ['a.c'] },
  },
  {
    state: 'not present: a file deleted and committed from here',
    make: (world) => {
      svn(world, 'delete', '-q', 'b.c');
      svn(world, 'commit', '-q', '-m', 'mine');
    },
    outcome: { ...MENDED, names: ['b.c'] },
  },
  {
    state: 'not present: a directory brought to a revision in which it was not there, and no news',
    begin: (world) => world.push({ write: { 'late/l.c': 'int l;\n' } }),
    make: (world) => void svn(world, 'update', '-q', '-r', '2', 'late'),
    outcome: { primary: 'quiet', secondary: 'refuses', names: ['late'] },
  },
  {
    state: 'a program that nobody may execute any more',
    begin: (world) => {
      world.runIn(join(world.root, 'work'), 'svn', 'propset', '-q', 'svn:executable', 'yes', 'run.sh');
      world.push({ write: { 'run.sh': '#!/bin/sh\nexit\n' } });
    },
    make: (world) => {
      chmodSync(join(world.source, 'run.sh'), 0o644);
      world.push(NEWS);
    },
    outcome: { ...BUILDS, modified: ['run.sh'] },
  },
  {
    state: '~: a directory replaced by a link to one',
    make: (world) => {
      renameSync(join(world.source, 'lib'), join(world.root, 'lib.away'));
      symlinkSync(join(world.root, 'lib.away'), join(world.source, 'lib'));
      world.push(NEWS);
    },
    // svn leaves such a link alone, whatever it is told.
    outcome: { primary: 'refuses', secondary: 'refuses', names: ['lib'], untracked: ['lib.mine'] },
  },
  {
    state: 'S: a directory and a file switched elsewhere',
    begin: (world) => void svnThere(world, 'copy', urlOf(world, 'trunk'), urlOf(world, 'other/branch')),
    make: (world) => {
      svn(world, 'switch', '-q', urlOf(world, 'other/branch/lib'), 'lib');
      svn(world, 'switch', '-q', urlOf(world, 'other/branch/b.c'), 'b.c');
      world.push(NEWS);
    },
    outcome: ended(['lib', 'b.c']),
  },
  {
    state: 'S: all of it switched to a branch of the same revision',
    make: (world) => {
      world.push(NEWS);
      svnThere(world, 'copy', urlOf(world, 'trunk'), urlOf(world, 'other/branch'));
      svn(world, 'switch', '-q', urlOf(world, 'other/branch'));
    },
    // Without a url in the configuration what is checked out is followed.
    outcome: MENDED,
  },
  {
    state: 'sparse',
    make: (world) => {
      svn(world, 'update', '-q', '--set-depth', 'exclude', 'lib/deep');
      world.push(NEWS);
    },
    outcome: { ...BUILDS, absent: ['lib/deep/d.c'] },
  },
  {
    state: 'K: a file locked in the repository, one on a changelist',
    make: (world) => {
      svn(world, 'lock', '-q', 'a.c');
      svn(world, 'changelist', '-q', 'mine', 'b.c');
      svn(world, 'unlock', '-q', '--force', urlOf(world, 'trunk/a.c'));
      world.push(NEWS);
    },
    outcome: BUILDS,
  },
  {
    state: 'under the nastiest settings of a user',
    begin: (world) => {
      mkdirSync(join(world.root, '.subversion'), { recursive: true });
      writeFileSync(join(world.root, '.subversion', 'config'), NASTY);
    },
    make: (world) => {
      world.append('b.c', 'int mine;\n');
      world.push({ write: { 'b.c': 'int b0;\nint b = 1;\n', 'n.o': 'object\n', 'm.mine': 'mine\n' } });
    },
    outcome: inTheWay(['b.c'], { modified: ['b.c'], untracked: ['b.c.mine'] }),
  },
  {
    state: 'the repository away',
    make: (world) => {
      world.push(NEWS);
      world.repository.vanish();
    },
    outcome: {
      primary: 'refuses',
      secondary: 'builds',
      besides: { because: 'the server must come back', done: (world) => world.repository.reappear() },
    },
  },
  {
    state: "svn's own copy of a file is lost, and the news touch it",
    begin: (world) => world.push({ write: { 'same.c': 'int a = 1;\n' } }),
    make: (world) => {
      rmSync(copyOf(world, 'a.c'));
      world.push(NEWS);
    },
    outcome: { primary: 'refuses', secondary: 'builds', names: ['pristine'] },
  },
  {
    state: "svn's own copy of a file that a person has edited is lost",
    begin: (world) => world.push({ write: { 'same.c': 'int a = 1;\n' } }),
    make: (world) => {
      rmSync(copyOf(world, 'a.c'));
      world.write('a.c', 'int mine;\n');
      world.push(NEWS);
    },
    outcome: {
      'fast-forward': {
        primary: 'refuses',
        secondary: 'refuses',
        names: ['pristine'],
        modified: ['a.c'],
        untracked: ['a.c.mine'],
      },
      reset: { primary: 'refuses', secondary: 'refuses', names: ['pristine'], modified: ['a.c'] },
    },
  },
  {
    state: "svn's own copy of a file is another text, and the news touch it",
    make: (world) => {
      const copy = copyOf(world, 'a.c');
      chmodSync(copy, 0o644);
      writeFileSync(copy, 'another text\n');
      world.push(NEWS);
    },
    outcome: { primary: 'refuses', secondary: 'builds', names: ['a.c'] },
  },
  {
    state: 'without what svn knows of it',
    make: (world) => {
      world.push(NEWS);
      renameSync(join(world.source, '.svn'), join(world.root, 'svn.away'));
    },
    outcome: {
      primary: 'refuses',
      secondary: 'refuses',
      besides: {
        because: 'only a person can have it',
        done: (world) => renameSync(join(world.root, 'svn.away'), join(world.source, '.svn')),
      },
    },
  },
  ...(missingForKills('svn').length > 0
    ? []
    : [
        {
          state: 'L: an update by hand that was killed',
          make: (world: World) => {
            older(world);
            world.push({ write: { 'come/x.c': 'int x;\n', 'come/y.c': 'int y;\n' }, remove: ['lib/deep'] });
            killed(world, 'rename', 4);
          },
          outcome: { ...MENDED },
        },
        {
          state: '!: directories that an update by hand has not completed',
          make: (world: World) => {
            older(world);
            world.push({ write: { 'come/x.c': 'int x;\n', 'come/y.c': 'int y;\n' }, remove: ['lib/deep'] });
            killed(world, 'rename', 4);
            svn(world, 'cleanup');
          },
          outcome: { ...MENDED },
        },
      ]),
  ...SVN_REPOSITORY_STATES,
  ...SVN_EXTERNAL_STATES,
];

/** Whatever a user may have set for work by hand: times of the repository, programs that ask, nothing known of objects. */
const NASTY = `[auth]
password-stores = gnome-keyring
[helpers]
editor-cmd = false
diff-cmd = false
diff3-cmd = false
merge-tool-cmd = false
[miscellany]
use-commit-times = yes
global-ignores = *
enable-auto-props = yes
preserved-conflict-file-exts = c
interactive-conflicts = yes
log-encoding = latin1
[auto-props]
* = svn:executable=yes
[working-copy]
exclusive-locking = true
busy-timeout = 1
`;

/** Where svn keeps the text of a file as it was checked out. */
function copyOf(world: World, path: string): string {
  const sum = svn(world, 'info', '--xml', path).match(/<checksum>(\w+)</)?.[1] ?? '';
  return join(world.source, '.svn', 'pristine', sum.slice(0, 2), `${sum}.svn-base`);
}

function svnThere(world: World, command: string, ...urls: readonly string[]): void {
  world.runIn(world.root, 'svn', command, '-q', '-m', command, ...urls);
}

/** Kills an update at its nth call of some kind. */
function killed(world: World, call: string, nth: number): void {
  const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${nth}`];
  world.tryTo('strace', '-f', '-qq', '-o', '/dev/null', ...inject, 'svn', 'update', '-q');
  if (!/^(.. ?L|!)/m.test(svn(world, 'status'))) throw new Error(`nothing was killed: ${svn(world, 'status', '-v')}`);
  if (!existsSync(join(world.source, '.svn'))) throw new Error('there is no working copy');
}
