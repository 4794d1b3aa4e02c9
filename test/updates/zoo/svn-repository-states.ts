import { execFileSync } from 'node:child_process';
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { State } from './state.js';
import { NEWS, svn } from './svn-world.js';
import type { World } from './world.js';

/*
 * What can become of the repository that a working copy of Subversion was checked out from.
 */

const store = (world: World): string => join(world.root, 'store');
const aside = (world: World): string => join(world.root, 'aside');

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
      renameSync(store(world), aside(world));
      const youngest = Number(execFileSync('svnlook', ['youngest', aside(world)], { encoding: 'utf8' }));
      execFileSync('svnadmin', ['create', store(world)]);
      const load = 'svnadmin dump -q -r "0:$3" "$1" | svnadmin load -q "$2"';
      execFileSync('sh', ['-c', load, 'sh', aside(world), store(world), String(youngest - 1)]);
      const uuid = execFileSync('svnlook', ['uuid', aside(world)], { encoding: 'utf8' }).trim();
      execFileSync('svnadmin', ['setuuid', store(world), uuid]);
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
];
