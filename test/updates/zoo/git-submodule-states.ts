import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome, State } from './state.js';
import type { World } from './world.js';

const BUILDS: Outcome = { primary: 'builds', secondary: 'builds' };
/** What the next update ends; a secondary makes none. */
const MENDED: Outcome = { primary: 'builds', secondary: 'refuses', names: ['sub'] };

/** git takes no submodule from a directory unless told to. */
const submodule = (world: World, directory: string, ...args: readonly string[]): string =>
  world.runIn(directory, 'git', '-c', 'protocol.file.allow=always', 'submodule', '--quiet', ...args);
const inSubmodule = (world: World, ...args: readonly string[]): string =>
  world.runIn(join(world.source, 'sub'), 'git', ...args);

/** A repository `inner` and a submodule `sub` of it. Who clones has to initialise it. */
function withSubmodule(world: World): void {
  const inner = join(world.root, 'inner');
  world.runIn(world.root, 'git', 'init', '-q', '-b', 'main', inner);
  commitInner(world, 'int s = 1;\n');
  submodule(world, join(world.root, 'work'), 'add', inner, 'sub');
  world.push({ write: { 'with.c': 'int with;\n' } });
}

function commitInner(world: World, text: string): void {
  const inner = join(world.root, 'inner');
  writeFileSync(join(inner, 's.c'), text);
  world.runIn(inner, 'git', 'add', 's.c');
  world.runIn(inner, 'git', 'commit', '-q', '-m', 'inner');
}

/** The next commit of the submodule, and the one around it that wants it. */
function pushSubmodule(world: World): void {
  commitInner(world, 'int s = 2;\n');
  submodule(world, join(world.root, 'work'), 'update', '--remote', 'sub');
  world.push({ write: { 'a.c': 'int a = 2;\n' } });
}

const news = (world: World): void => world.push({ write: { 'a.c': 'int a = 2;\n' } });

/** What is checked out in the source; a clone of the server's has no submodule in it. */
const initialise = (world: World): string => submodule(world, world.source, 'update', '--init');
const THERE = ['sub/s.c'];

/** What a source with a submodule that is checked out can be in. */
export const GIT_SUBMODULE_STATES: readonly State[] = [
  {
    state: 'submodules: one that is checked out, and news of it',
    begin: withSubmodule,
    make: (world) => {
      initialise(world);
      pushSubmodule(world);
    },
    outcome: { ...BUILDS, untracked: THERE },
  },
  {
    state: 'submodules: a file edited in one that no news touch',
    begin: withSubmodule,
    make: (world) => {
      initialise(world);
      world.write('sub/s.c', 'int mine;\n');
      news(world);
    },
    outcome: { ...BUILDS, modified: ['sub/s.c'], untracked: THERE },
  },
  {
    state: 'submodules: a conflict in one, which is at its commit',
    begin: withSubmodule,
    make: (world) => {
      initialise(world);
      world.write('sub/s.c', 'int mine;\n');
      writeFileSync(join(world.root, 'mine.patch'), inSubmodule(world, 'diff', '--', 's.c'));
      world.write('sub/s.c', 'int theirs;\n');
      inSubmodule(world, 'add', 's.c');
      world.tryTo('git', '-C', 'sub', 'apply', '--3way', join(world.root, 'mine.patch'));
      news(world);
    },
    outcome: {
      'fast-forward': { primary: 'refuses', secondary: 'refuses', names: ['sub/s.c'], untracked: THERE },
      reset: { primary: 'builds', secondary: 'refuses', names: ['sub/s.c'], untracked: THERE },
    },
  },
  {
    state: 'submodules: one that is checked out is gone',
    begin: withSubmodule,
    make: (world) => {
      initialise(world);
      world.remove('sub');
      mkdirSync(join(world.source, 'sub'));
      news(world);
    },
    outcome: { ...MENDED, untracked: THERE },
  },
  {
    state: 'submodules: files without a repository in the place of one',
    begin: withSubmodule,
    make: (world) => {
      initialise(world);
      rmSync(join(world.source, 'sub', '.git'));
      news(world);
    },
    outcome: {
      primary: 'refuses',
      secondary: 'refuses',
      names: ['sub'],
      untracked: [...THERE, 'sub.mine/s.c'],
    },
  },
];
