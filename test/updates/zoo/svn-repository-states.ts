import { execFileSync } from 'node:child_process';
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { State } from './state.js';
import { NEWS, svn, urlOf } from './svn-world.js';
import type { World } from './world.js';

/*
 * What can become of the repository that a working copy of Subversion was checked out from.
 */

const store = (world: World): string => join(world.root, 'store');
const aside = (world: World): string => join(world.root, 'aside');

/** The repository as its backup has it, with the same UUID. */
function loadWithoutLast(world: World): void {
  renameSync(store(world), aside(world));
  const youngest = Number(execFileSync('svnlook', ['youngest', aside(world)], { encoding: 'utf8' }));
  execFileSync('svnadmin', ['create', store(world)]);
  const load = 'svnadmin dump -q -r "0:$3" "$1" | svnadmin load -q "$2"';
  execFileSync('sh', ['-c', load, 'sh', aside(world), store(world), String(youngest - 1)]);
  const uuid = execFileSync('svnlook', ['uuid', aside(world)], { encoding: 'utf8' }).trim();
  execFileSync('svnadmin', ['setuuid', store(world), uuid]);
}

/** What the lost commit has written. */
function lostIn(world: World): Record<string, string> {
  const look = (...args: readonly string[]): string => execFileSync('svnlook', args, { encoding: 'utf8' });
  const paths = look('changed', aside(world))
    .split('\n')
    .flatMap((line) => /^[AU]. +trunk\/(.+)$/.exec(line)?.[1] ?? []);
  return Object.fromEntries(paths.map((path) => [path, look('cat', aside(world), `trunk/${path}`)]));
}

/** Commits from a checkout of their own, since the one that has pushed so far has the lost revision. */
function commitAfterwards(world: World, commits: readonly Readonly<Record<string, string>>[]): void {
  const work = join(world.root, 'work');
  renameSync(work, join(world.root, 'lost-work'));
  world.runIn(world.root, 'svn', 'checkout', '-q', urlOf(world, 'trunk'), work);
  for (const write of commits) world.push({ write });
}

export const SVN_REPOSITORY_STATES: readonly State[] = [
  {
    state: 'the repository has another URL, and a person has told svn so',
    make: (world) => {
      symlinkSync(store(world), join(world.root, 'moved'));
      svn(world, 'relocate', `file://${store(world)}`, `file://${world.root}/moved`);
      world.push(NEWS);
    },
    outcome: { primary: 'builds', secondary: 'builds' },
  },
  {
    state: 'another repository stands where that of the working copy was',
    make: (world) => {
      world.push(NEWS);
      renameSync(store(world), aside(world));
      execFileSync('svnadmin', ['create', store(world)]);
    },
    outcome: {
      primary: 'refuses',
      secondary: 'builds',
      besides: {
        because: 'only an administrator can bring the right one back',
        done: (world) => {
          rmSync(store(world), { recursive: true });
          renameSync(aside(world), store(world));
        },
      },
    },
  },
  {
    state: 'the repository was loaded anew from a backup that lacks the last revision',
    begin: (world) => world.push(NEWS),
    make: (world) => {
      loadWithoutLast(world);
    },
    outcome: {
      primary: 'refuses',
      secondary: 'builds',
      names: ['revision'],
      besides: {
        because: 'only an administrator can bring the lost revision back',
        done: (world) => {
          rmSync(store(world), { recursive: true });
          renameSync(aside(world), store(world));
        },
      },
    },
  },
  {
    state: 'the repository was loaded anew from a backup, and another commit has the number of the lost one',
    begin: (world) => world.push({ write: { 'b.c': 'int lost = 1;\n' } }),
    make: (world) => {
      loadWithoutLast(world);
      commitAfterwards(world, [{ 'a.c': 'int a = 3;\n' }, { 'a.c': 'int a = 4;\n' }]);
    },
    outcome: { primary: 'refuses', secondary: 'builds', names: ['revision', 'backup'] },
  },
  {
    state: 'the repository was loaded anew from a backup, and the lost commit was done again',
    begin: (world) => world.push({ write: { 'b.c': 'int lost = 1;\n' } }),
    make: (world) => {
      loadWithoutLast(world);
      commitAfterwards(world, [lostIn(world), { 'a.c': 'int a = 4;\n' }]);
    },
    outcome: { primary: 'builds', secondary: 'builds' },
  },
];
