import { appendFileSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Outcome, State } from './state.js';
import type { World } from './world.js';

/*
 * What hg's own files in a working copy can be in: notes of commands that were not ended, locks and transactions of clients that
 * were killed, a list of what it wrote that is damaged.
 */

const BUILDS: Outcome = { primary: 'builds', secondary: 'builds' };
const REFUSES: Outcome = { primary: 'refuses', secondary: 'refuses' };

const hg = (world: World, ...args: readonly string[]): string => world.run('hg', ...args);
const own = (world: World, name: string): string => join(world.source, '.hg', name);
const pushB = (world: World): void => world.push({ write: { 'b.c': 'int b = 3;\n' } });

/** The source has two revisions, and is at the newer one. */
function pulled(world: World): void {
  world.push({ write: { 'a.c': 'int a = 2;\n' } });
  world.build('main');
}

/** Cuts the file in which hg notes what it wrote. */
function cutDirstate(world: World, bytes: number): void {
  const file = own(world, 'dirstate');
  writeFileSync(file, readFileSync(file).subarray(0, bytes));
}

/** As hg makes its locks where the file system has links. */
function lock(world: World, owner: string): void {
  symlinkSync(owner, own(world, 'wlock'));
  symlinkSync(owner, own(world, 'store/lock'));
}

const DAMAGED: Outcome = { ...REFUSES, names: ['dirstate'] };

export const HG_OWN_FILES_STATES: readonly State[] = [
  {
    state: 'a bisection under way, and news',
    make: (world) => {
      pulled(world);
      hg(world, 'bisect', '--bad', 'tip');
      hg(world, 'bisect', '--good', '0');
      hg(world, 'update', '-q', '-r', '0');
      pushB(world);
    },
    outcome: { primary: 'builds', secondary: 'refuses' },
  },
  {
    state: 'a transplant that has stopped',
    make: (world) => {
      world.write('b.c', 'int b = 2;\n');
      hg(world, 'commit', '-q', '-u', 'me', '-m', 'mine');
      hg(world, 'update', '-q', '-r', '.^');
      pushB(world);
      hg(world, 'pull', '-q');
      hg(world, 'update', '-q', '-r', 'tip');
      world.tryTo('hg', '--config', 'extensions.transplant=', 'transplant', 'desc(mine)');
    },
    // The next update of hg counts it as ended.
    outcome: { primary: 'builds', secondary: 'refuses', untracked: ['b.c.rej'] },
  },
  {
    state: 'a pull by hand was killed in its transaction',
    make: (world) => {
      pushB(world);
      world.tryTo('hg', 'pull', '-q', '--config', 'hooks.pretxnchangegroup.kill=kill -9 $PPID');
    },
    outcome: BUILDS,
  },
  {
    state: 'the locks of an hg that was killed',
    make: (world) => {
      lock(world, `${hostname()}/${statSync('/proc/self/ns/pid').ino.toString(16)}:4194303`);
      pushB(world);
    },
    outcome: BUILDS,
  },
  {
    state: 'the locks of an hg of another host',
    make: (world) => {
      appendFileSync(own(world, 'hgrc'), '\n[ui]\ntimeout = 2\n');
      lock(world, 'elsewhere/f0000001:4711');
      pushB(world);
    },
    outcome: { primary: 'refuses', secondary: 'builds', names: ['elsewhere', '4711'] },
  },
  {
    state: 'the list of what hg wrote is cut off within a name',
    make: (world) => {
      pushB(world);
      cutDirstate(world, 60);
    },
    outcome: BUILDS,
  },
  {
    state: 'the list of what hg wrote is cut off within a revision',
    make: (world) => {
      pushB(world);
      cutDirstate(world, 25);
    },
    outcome: DAMAGED,
  },
  {
    state: 'the list of what hg wrote is empty, and news',
    make: (world) => {
      pushB(world);
      cutDirstate(world, 0);
    },
    outcome: { 'fast-forward': REFUSES, reset: { ...REFUSES, untracked: ['b.c.mine'] } },
  },
  {
    state: 'a bookmark is active, and news',
    make: (world) => {
      hg(world, 'bookmark', 'mine');
      pushB(world);
    },
    outcome: BUILDS,
  },
  {
    state: 'the working copy shares the repository of another one',
    make: (world) => {
      const other = join(world.root, 'other');
      renameSync(world.source, other);
      world.runIn(world.root, 'hg', '--config', 'extensions.share=', 'share', '-q', other, world.source);
      // What is not hg's own of the checkout that was there.
      const owner = join(other, '.hg', 'stagelock-primary.json');
      writeFileSync(own(world, 'stagelock-primary.json'), readFileSync(owner));
      appendFileSync(own(world, 'hgrc'), readFileSync(join(other, '.hg', 'hgrc')));
      pushB(world);
    },
    outcome: BUILDS,
  },
  {
    state: 'the repository needs what this hg does not know',
    make: (world) => {
      const requires = own(world, 'requires');
      appendFileSync(requires, 'exp-of-tomorrow\n');
      pushB(world);
    },
    outcome: {
      ...REFUSES,
      names: ['exp-of-tomorrow'],
      besides: {
        because: 'only a newer hg can read it',
        done: (world) => {
          const requires = own(world, 'requires');
          writeFileSync(requires, readFileSync(requires, 'utf8').replace('exp-of-tomorrow\n', ''));
        },
      },
    },
  },
];
