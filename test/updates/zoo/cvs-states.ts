import { cpSync, mkdirSync, renameSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mode, Outcome, State } from './state.js';
import type { World } from './world.js';

const cvs = (world: World, ...args: readonly string[]) => world.run('cvs', '-f', '-Q', ...args);
const inStore = (world: World, path: string): string => join(world.root, 'store', 'module', path);

const FIVE = ['int b = 1;', 'int b2 = 1;', 'int b3 = 1;', 'int b4 = 1;', 'int b5 = 1;'];
/** The text of `b.c` with another line. */
const withLine = (at: number, line: string): string => `${FIVE.with(at, line).join('\n')}\n`;

const pushFirstLine = (world: World): void => world.push({ write: { 'b.c': withLine(0, 'int b = 2;') } });
const editFirstLine = (world: World): void => world.write('b.c', withLine(0, 'int b = 3;'));
const editLastLine = (world: World): void => world.write('b.c', withLine(4, 'int b5 = 3;'));

/** A branch on which `lib/c.c` is another one. */
function branchOff(world: World): void {
  const work = join(world.root, 'work');
  world.runIn(work, 'cvs', '-Q', 'tag', '-b', 'SIDE');
  const branch = join(world.root, 'branch');
  world.runIn(
    world.root,
    'cvs',
    '-Q',
    '-d',
    join(world.root, 'store'),
    'checkout',
    '-r',
    'SIDE',
    '-d',
    branch,
    'module',
  );
  writeFileSync(join(branch, 'lib/c.c'), 'int side;\n');
  world.runIn(branch, 'cvs', '-Q', 'commit', '-m', 'side');
}

/** One with a file that the module has, too, at the same revision. @returns where it is */
function anotherRepository(world: World): string {
  const foreign = join(world.root, 'foreign');
  world.runIn(world.root, 'cvs', '-d', foreign, 'init');
  mkdirSync(join(foreign, 'module'));
  world.runIn(world.root, 'cvs', '-Q', '-d', foreign, 'checkout', '-d', 'foreign-work', 'module');
  const work = join(world.root, 'foreign-work');
  writeFileSync(join(work, 'a.c'), 'int foreign;\n');
  world.runIn(work, 'cvs', '-Q', 'add', 'a.c');
  world.runIn(work, 'cvs', '-Q', 'commit', '-m', 'foreign');
  return foreign;
}

/** Puts another file in the place of one, which cvs cannot tell by its time. */
function disguise(world: World, path: string): void {
  const file = join(world.source, path);
  const { atime, mtime } = statSync(file);
  writeFileSync(`${file}.new`, 'int a = 9;\n');
  utimesSync(`${file}.new`, atime, mtime);
  renameSync(`${file}.new`, file);
}

const BUILDS = { primary: 'builds', secondary: 'builds' } as const;
/** It is mended by the primary; a secondary that comes first builds nothing of it. */
const MENDED = { primary: 'builds', secondary: 'refuses' } as const;
const REFUSES = { primary: 'refuses', secondary: 'refuses' } as const;
/** What has come is in the way of nobody but the primary. */
const NOT_UPDATED = { primary: 'refuses', secondary: 'builds' } as const;

const REFUSES_ANOTHER = { ...REFUSES, names: ['checked out from another repository'] } as const;

/** A local change that is in the way: refused, and discarded in mode reset. */
const inTheWay = (path: string, more: Partial<Outcome> = {}): Readonly<Record<Mode, Outcome>> => ({
  'fast-forward': { ...NOT_UPDATED, names: [path], modified: [path], untracked: [`${path}.mine`], ...more },
  reset: { ...BUILDS, modified: [path], untracked: [`.#${path}.1.1`], ...more },
});

/** What the working copy of a CVS source can be in. */
export const CVS_STATES: readonly State[] = [
  {
    state: 'as it was, and news',
    make: (world) => world.push({ write: { 'a.c': 'int a = 2;\n', 'new/n.c': 'int n;\n' }, remove: ['run.sh'] }),
    outcome: BUILDS,
  },
  { state: 'as it was', make: () => undefined, outcome: BUILDS },
  {
    state: 'a file is missing',
    make: (world) => world.remove('a.c'),
    outcome: { ...MENDED, names: ['a.c'] },
  },
  {
    state: 'a directory is missing',
    make: (world) => world.remove('lib'),
    outcome: { ...MENDED, names: ['lib/c.c'] },
  },
  {
    state: 'a file is missing that is no more in the repository',
    make: (world) => {
      world.push({ remove: ['a.c'] });
      world.remove('a.c');
    },
    outcome: { ...MENDED, names: ['a.c'] },
  },
  {
    state: 'a file was touched, and is what it was',
    make: (world) => utimesSync(join(world.source, 'a.c'), 1, 1),
    outcome: { ...BUILDS, untracked: ['.#a.c.1.1'] },
  },
  {
    state: 'a file was exchanged for another one of the same time',
    make: (world) => disguise(world, 'a.c'),
    outcome: { ...BUILDS, modified: ['a.c'] },
  },
  {
    state: 'a file was exchanged for another one of the same time, and another version comes',
    make: (world) => {
      disguise(world, 'a.c');
      world.push({ write: { 'a.c': 'int a = 2;\n' } });
    },
    outcome: { 'fast-forward': inTheWay('a.c')['fast-forward'], reset: { ...BUILDS, modified: ['a.c'] } },
  },
  {
    state: 'a file was exchanged for another one of the same time, and is removed from the repository',
    make: (world) => {
      disguise(world, 'a.c');
      world.push({ remove: ['a.c'] });
    },
    outcome: { 'fast-forward': inTheWay('a.c')['fast-forward'], reset: { ...BUILDS, modified: ['a.c'] } },
  },
  {
    state: 'a directory of which somebody wanted only some files',
    make: (world) => {
      world.write('lib/CVS/Entries.Static', '');
      world.push({ write: { 'lib/n.c': 'int n;\n' } });
    },
    outcome: BUILDS,
  },
  {
    state: 'a file has local changes, and another one comes',
    make: (world) => {
      world.push({ write: { 'a.c': 'int a = 2;\n' } });
      editLastLine(world);
    },
    outcome: { ...BUILDS, modified: ['b.c'], untracked: ['.#b.c.1.1'] },
  },
  {
    state: 'a file has local changes that can be merged with what comes',
    make: (world) => {
      pushFirstLine(world);
      editLastLine(world);
    },
    outcome: inTheWay('b.c'),
  },
  {
    state: 'a file has local changes that can be merged, and another file comes, too',
    make: (world) => {
      world.push({ write: { 'b.c': withLine(0, 'int b = 2;'), 'a.c': 'int a = 2;\n' } });
      editLastLine(world);
    },
    outcome: inTheWay('b.c'),
  },
  {
    state: 'a file has local changes that cannot be merged with what comes',
    make: (world) => {
      pushFirstLine(world);
      editFirstLine(world);
    },
    outcome: inTheWay('b.c'),
  },
  {
    state: 'local changes of a binary file, and another version comes',
    make: (world) => {
      cvs(world, 'admin', '-kb', 'a.c');
      world.push({ write: { 'a.c': 'int a = 2;\n' } });
      world.write('a.c', 'int a = 3;\n');
    },
    outcome: inTheWay('a.c'),
  },
  {
    state: 'a conflict that a cvs update of a person has left',
    make: (world) => {
      pushFirstLine(world);
      editFirstLine(world);
      world.tryTo('cvs', '-Q', 'update');
    },
    outcome: {
      'fast-forward': { ...REFUSES, names: ['b.c'], untracked: ['.#b.c.1.1', 'b.c.mine'] },
      reset: { ...MENDED, names: ['b.c'], untracked: ['.#b.c.1.1', '.#b.c.1.2'] },
    },
  },
  {
    state: 'a conflict that was saved once more and not resolved',
    make: (world) => {
      pushFirstLine(world);
      editFirstLine(world);
      world.tryTo('cvs', '-Q', 'update');
      world.append('b.c', 'int more;\n');
    },
    outcome: {
      'fast-forward': { ...REFUSES, names: ['b.c'], untracked: ['.#b.c.1.1', 'b.c.mine'] },
      reset: { ...MENDED, names: ['b.c'], untracked: ['.#b.c.1.1', '.#b.c.1.2'] },
    },
  },
  {
    state: 'a conflict that a person has resolved',
    make: (world) => {
      pushFirstLine(world);
      editFirstLine(world);
      world.tryTo('cvs', '-Q', 'update');
      world.write('b.c', withLine(0, 'int b = 23;'));
    },
    outcome: { ...MENDED, modified: ['b.c'], untracked: ['.#b.c.1.1', '.#b.c.1.2'] },
  },
  {
    state: 'a person has merged',
    make: (world) => {
      pushFirstLine(world);
      editLastLine(world);
      cvs(world, 'update');
    },
    outcome: { ...MENDED, modified: ['b.c'], untracked: ['.#b.c.1.1', '.#b.c.1.2'] },
  },
  {
    state: 'a file of nobody is in the way of one that comes',
    make: (world) => {
      world.push({ write: { 'n.c': 'int n;\n', 'a.c': 'int a = 2;\n' } });
      world.write('n.c', 'mine\n');
    },
    outcome: { ...NOT_UPDATED, names: ['n.c'], untracked: ['n.c', 'n.c.mine'] },
  },
  {
    state: 'a file of nobody is what comes',
    make: (world) => {
      world.push({ write: { 'n.c': 'int n;\n' } });
      world.write('n.c', 'int n;\n');
    },
    outcome: { ...BUILDS, untracked: ['n.c'] },
  },
  {
    state: 'a directory is in the way of a file that comes',
    make: (world) => {
      world.push({ write: { 'n.c': 'int n;\n' } });
      world.write('n.c/x', 'mine\n');
    },
    outcome: { ...NOT_UPDATED, names: ['n.c'], untracked: ['n.c', 'n.c/x', 'n.c.mine/x'] },
  },
  {
    state: 'a file is in the way of a directory that comes',
    make: (world) => {
      world.push({ write: { 'n/n.c': 'int n;\n' } });
      world.write('n', 'mine\n');
    },
    outcome: { ...NOT_UPDATED, names: ['/n'], untracked: ['n', 'n.mine'] },
  },
  {
    state: 'a directory of nobody is in the way of one that comes',
    make: (world) => {
      world.push({ write: { 'n/deep/n.c': 'int n;\n' } });
      world.write('n/x', 'mine\n');
    },
    outcome: { ...NOT_UPDATED, names: ['/n'], untracked: ['n/x', 'n.mine/x'] },
  },
  {
    state: 'directories of nobody, of which the repository had one',
    begin: (world) => {
      world.push({ write: { 'old/o.c': 'int o;\n' } });
      world.push({ remove: ['old/o.c'] });
    },
    make: (world) => {
      world.push({ write: { 'a.c': 'int a = 2;\n' } });
      world.write('old/x', 'mine\n');
      world.write('own/x', 'mine\n');
    },
    outcome: { ...BUILDS, untracked: ['old/x', 'own/x'] },
  },
  {
    state: 'a file was replaced by a directory',
    make: (world) => {
      world.remove('a.c');
      world.write('a.c/x', 'mine\n');
    },
    outcome: { ...REFUSES, names: ['a.c'], untracked: ['a.c.mine/x'] },
  },
  {
    state: 'a directory was replaced by a file',
    make: (world) => {
      world.remove('lib');
      world.write('lib', 'mine\n');
    },
    outcome: { ...REFUSES, names: ['/lib'], untracked: ['lib.mine'] },
  },
  {
    state: 'a directory was replaced by a link to what it was',
    make: (world) => {
      renameSync(join(world.source, 'lib'), join(world.root, 'lib'));
      symlinkSync('../lib', join(world.source, 'lib'));
    },
    outcome: { ...REFUSES, names: ['/lib'], untracked: ['lib.mine'] },
  },
  {
    state: 'a file was replaced by a link to the same text',
    make: (world) => {
      renameSync(join(world.source, 'a.c'), join(world.root, 'a.c'));
      symlinkSync('../a.c', join(world.source, 'a.c'));
    },
    outcome: { ...BUILDS, modified: ['a.c'], untracked: ['.#a.c.1.1'] },
  },
  {
    state: 'a file is to be added',
    make: (world) => {
      world.write('q.c', 'int q;\n');
      cvs(world, 'add', 'q.c');
    },
    outcome: { ...BUILDS, modified: ['q.c'] },
  },
  {
    state: 'a file was to be added and is gone',
    make: (world) => {
      world.write('q.c', 'int q;\n');
      cvs(world, 'add', 'q.c');
      world.remove('q.c');
    },
    outcome: BUILDS,
  },
  {
    state: 'a file is to be added, and another one of that name comes',
    make: (world) => {
      world.write('n.c', 'mine\n');
      cvs(world, 'add', 'n.c');
      world.push({ write: { 'n.c': 'int n;\n' } });
    },
    outcome: { ...NOT_UPDATED, names: ['n.c'], modified: ['n.c'], untracked: ['n.c.mine'] },
  },
  {
    state: 'a file is to be removed',
    make: (world) => void cvs(world, 'remove', '-f', 'a.c'),
    outcome: { ...BUILDS, modified: ['a.c'] },
  },
  {
    state: 'a file is to be removed and is still there',
    make: (world) => {
      cvs(world, 'remove', '-f', 'a.c');
      world.write('a.c', 'mine\n');
    },
    outcome: { ...BUILDS, modified: ['a.c'], untracked: ['.#a.c.1.1'] },
  },
  {
    state: 'a file is to be removed, and another version comes',
    make: (world) => {
      cvs(world, 'remove', '-f', 'a.c');
      world.push({ write: { 'a.c': 'int a = 2;\n' } });
    },
    outcome: {
      'fast-forward': { ...NOT_UPDATED, names: ['a.c'], modified: ['a.c'] },
      reset: { ...BUILDS, modified: ['a.c'] },
    },
  },
  {
    state: 'a file is removed by everybody',
    make: (world) => {
      cvs(world, 'remove', '-f', 'a.c');
      world.push({ remove: ['a.c'] });
    },
    outcome: { ...BUILDS, modified: ['a.c'] },
  },
  {
    state: 'a file with local changes is removed from the repository',
    make: (world) => {
      world.write('a.c', 'mine\n');
      world.push({ remove: ['a.c'] });
    },
    outcome: {
      'fast-forward': { ...NOT_UPDATED, names: ['a.c'], modified: ['a.c'], untracked: ['a.c.mine'] },
      reset: { ...BUILDS, modified: ['a.c'], untracked: ['.#a.c.1.1'] },
    },
  },
  {
    state: 'a file is at an older revision',
    begin: (world) => world.push({ write: { 'a.c': 'int a = 2;\n' } }),
    make: (world) => void cvs(world, 'update', '-r', '1.1', 'a.c'),
    outcome: { ...MENDED, names: ['a.c'] },
  },
  {
    state: 'a directory is at an older date',
    make: (world) => void cvs(world, 'update', '-D', '2020-01-01', 'lib'),
    outcome: { ...MENDED, names: ['lib/c.c'] },
  },
  {
    state: 'a file has its keywords in another way',
    begin: (world) => world.push({ write: { 'k.c': '/* $Revision$ */\n' } }),
    make: (world) => void cvs(world, 'update', '-ko', 'k.c'),
    outcome: { ...MENDED, names: ['k.c'] },
  },
  {
    state: 'it is on another branch',
    begin: branchOff,
    make: (world) => void cvs(world, 'update', '-r', 'SIDE'),
    outcome: { 'fast-forward': { ...REFUSES, names: ['SIDE'] }, reset: { ...MENDED, names: ['lib/c.c'] } },
  },
  {
    state: 'a directory is on another branch',
    begin: branchOff,
    make: (world) => void cvs(world, 'update', '-r', 'SIDE', 'lib'),
    outcome: { 'fast-forward': { ...REFUSES, names: ['lib'] }, reset: { ...MENDED, names: ['lib/c.c'] } },
  },
  {
    state: 'a directory without what cvs notes about it',
    make: (world) => world.remove('lib/CVS'),
    outcome: { ...REFUSES, names: ['/lib'], untracked: ['lib.mine/c.c', 'lib.mine/deep/d.c'] },
  },
  {
    state: 'a directory without a list of its files',
    make: (world) => world.remove('lib/CVS/Entries'),
    outcome: { ...REFUSES, names: ['/lib'], untracked: ['lib.mine/c.c', 'lib.mine/deep/d.c'] },
  },
  {
    state: 'a directory without its place in the repository, and news',
    make: (world) => {
      world.remove('lib/CVS/Repository');
      world.push({ write: { 'lib/c.c': 'int c = 2;\n' } });
    },
    outcome: { ...REFUSES, names: ['/lib'], untracked: ['lib.mine/c.c', 'lib.mine/deep/d.c'] },
  },
  {
    state: 'a directory was renamed',
    make: (world) => renameSync(join(world.source, 'lib'), join(world.source, 'other')),
    outcome: { ...MENDED, names: ['lib/c.c'], untracked: ['other/c.c', 'other/deep/d.c'] },
  },
  {
    state: 'a cvs of a person was killed when it wrote a file',
    make: (world) => {
      pushFirstLine(world);
      cpSync(join(world.source, 'b.c'), join(world.source, 'CVS/,,b.c'));
      world.write('b.c', 'int b = 2;\nint');
    },
    outcome: {
      'fast-forward': { ...REFUSES, names: ['b.c'], untracked: ['b.c.mine'] },
      reset: { ...MENDED, names: ['b.c'], untracked: ['.#b.c.1.1'] },
    },
  },
  {
    state: 'another module was checked out within it',
    make: (world) => {
      const store = join(world.root, 'store');
      world.runIn(world.root, 'cvs', '-Q', '-d', store, 'checkout', '-d', 'elsewhere', 'CVSROOT');
      cvs(world, '-d', store, 'checkout', '-d', 'nested', 'module/lib/deep');
    },
    outcome: { ...MENDED, untracked: ['nested/d.c'] },
  },
  {
    state: 'it is noted to come from another repository, which has a file of the same revision',
    make: (world) => {
      const foreign = anotherRepository(world);
      world.run('sh', '-c', `find . -path '*/CVS/Root' | while read file; do echo "${foreign}" >"$file"; done`);
    },
    outcome: REFUSES_ANOTHER,
  },
  {
    state: 'only its top directory is noted to come from another repository',
    make: (world) => {
      const foreign = anotherRepository(world);
      world.write('CVS/Root', `${foreign}\n`);
      world.push({ write: { 'b.c': withLine(0, 'int b = 2;') } });
    },
    outcome: REFUSES_ANOTHER,
  },
  {
    state: 'a directory is noted to come from another place of the repository, which has a file of the same revision',
    make: (world) => {
      const other = join(world.root, 'other');
      mkdirSync(inStore(world, '../other'));
      world.runIn(world.root, 'cvs', '-Q', '-d', join(world.root, 'store'), 'checkout', 'other');
      writeFileSync(join(other, 'c.c'), 'int other;\n');
      world.runIn(other, 'cvs', '-Q', 'add', 'c.c');
      world.runIn(other, 'cvs', '-Q', 'commit', '-m', 'other');
      world.write('lib/CVS/Repository', 'other\n');
      pushFirstLine(world);
    },
    outcome: { ...REFUSES, names: ['lib'] },
  },
  {
    state: 'the repository was moved, and CVS/Root says so',
    make: (world) => {
      symlinkSync(join(world.root, 'store'), join(world.root, 'moved'));
      world.run(
        'sh',
        '-c',
        `find . -path '*/CVS/Root' | while read file; do echo "${world.root}/moved" >"$file"; done`,
      );
      pushFirstLine(world);
    },
    outcome: MENDED,
  },
  {
    state: 'an administrator has moved a directory of the repository',
    make: (world) => renameSync(inStore(world, 'lib'), inStore(world, 'moved')),
    outcome: { ...NOT_UPDATED, names: ['/lib'], untracked: ['lib.mine/c.c', 'lib.mine/deep/d.c'] },
  },
  {
    state: 'an administrator has moved a file of the repository away',
    make: (world) => {
      world.push({ write: { 'b.c': withLine(0, 'int b = 2;') } });
      renameSync(inStore(world, 'a.c,v'), join(world.root, 'a.c,v'));
    },
    outcome: BUILDS,
  },
  {
    state: 'a file of the repository is destroyed',
    make: (world) => {
      renameSync(inStore(world, 'a.c,v'), join(world.root, 'a.c,v'));
      writeFileSync(inStore(world, 'a.c,v'), 'nothing of RCS\n');
    },
    outcome: {
      ...NOT_UPDATED,
      names: ['a.c,v'],
      besides: {
        because: 'only an administrator can bring it back',
        done: (world) => renameSync(join(world.root, 'a.c,v'), inStore(world, 'a.c,v')),
      },
    },
  },
  {
    state: 'under settings of a user that change what cvs does',
    make: (world) => {
      writeFileSync(join(world.root, '.cvsrc'), 'cvs -n -z9 -t\nupdate -l -p -C -k o\nrlog -h\n');
      writeFileSync(join(world.root, '.cvsignore'), '*\n');
      writeFileSync(join(world.root, '.cvswrappers'), "* -m 'COPY' -k 'o'\n");
      world.push({ write: { 'a.c': 'int a = 2;\n', 'new/n.c': 'int n;\n' } });
    },
    outcome: BUILDS,
  },
  {
    state: 'names that are hard to say',
    begin: (world) => world.push({ write: { 'it s': '1\n', "d'x/-i @b": '1\n', 'ä"$(x)': '1\n' } }),
    make: (world) => {
      world.push({ write: { 'it s': '2\n', "d'x/-i @b": '2\n', 'ä"$(x)': '2\n', "d'x/n @ew": 'n\n' } });
      for (const path of ['it s', "d'x/-i @b", 'ä"$(x)', "d'x/n @ew"]) world.write(path, 'mine\n');
    },
    outcome: {
      'fast-forward': {
        ...NOT_UPDATED,
        names: ['it s', '-i @b', 'ä"$(x)', 'n @ew'],
        modified: ['it s', "d'x/-i @b", 'ä"$(x)'],
        untracked: ["d'x/n @ew", 'it s.mine', "d'x/-i @b.mine", 'ä"$(x).mine', "d'x/n @ew.mine"],
      },
      reset: {
        ...NOT_UPDATED,
        names: ['n @ew'],
        modified: ['it s', "d'x/-i @b", 'ä"$(x)'],
        untracked: ["d'x/n @ew", "d'x/n @ew.mine", '.#it s.1.1', "d'x/.#-i @b.1.1", '.#ä"$(x).1.1'],
      },
    },
  },
  {
    state: 'a file of nobody with a line break in its name',
    make: (world) => {
      world.push({ write: { 'a.c': 'int a = 2;\n' } });
      world.write('two\nlines', 'mine\n');
    },
    outcome: { ...BUILDS, untracked: ['two\nlines'] },
  },
  {
    state: 'an empty directory and one of a build',
    make: (world) => {
      mkdirSync(join(world.source, 'empty'));
      world.write('build/CVS', 'no directory\n');
      world.push({ write: { 'a.c': 'int a = 2;\n' } });
    },
    outcome: { ...BUILDS, untracked: ['build/CVS'] },
  },
];
