import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ran, World } from './world.js';

export const NEWS = { write: { 'a.c': 'int a = 2;\n' } };

export const svn = (world: World, ...args: readonly string[]): string => world.run('svn', ...args);

export const urlOf = (world: World, path: string): string => `file://${join(world.root, 'store', path)}`;

/** As a person updates who leaves conflicts for later. */
export const tryToUpdate = (world: World): Ran => world.tryTo('svn', 'update', '-q', '--accept', 'postpone');

export const theirs = (world: World, path = ''): string => `file://${join(world.root, 'theirs', path)}`;

/**
 * Things that come from elsewhere: `ext` and `linked.c` follow HEAD, `lib/pin` stays at its revision, `ext` has another in it.
 */
export function withExternals(world: World): void {
  world.runIn(world.root, 'svnadmin', 'create', 'theirs');
  world.runIn(world.root, 'svn', 'checkout', '-q', theirs(world), 'theirs-work');
  pushTheirs(world, { 'lib/x.c': 'int x = 1;\n', 'lib/sub/y.c': 'int y = 1;\n', 'one/one.c': 'int one = 1;\n' });
  world.runIn(world.root, 'svn', 'propset', '-q', 'svn:externals', '^/one "inner one"', 'theirs-work/lib');
  pushTheirs(world, { 'lib/x.c': 'int x = 2;\n' });
  world.write('../one.c', 'int linked = 1;\n');
  world.runIn(world.root, 'svn', 'import', '-q', '-m', 'linked', 'one.c', urlOf(world, 'other/linked.c'));
  define(world, [
    `${theirs(world, 'lib')} ext`,
    `-r1 ${theirs(world, 'lib/sub')} 'lib/pin'`,
    '^/other/linked.c linked.c',
  ]);
}

/** Somebody commits what externals the source has. */
export function define(world: World, definitions: readonly string[]): void {
  const work = join(world.root, 'work');
  world.runIn(work, 'svn', 'propset', '-q', 'svn:externals', definitions.join('\n'), '.');
  world.runIn(work, 'svn', 'commit', '-q', '-m', 'externals');
  world.runIn(work, 'svn', 'update', '-q', '--ignore-externals');
}

/** Somebody commits to the other repository. */
export function pushTheirs(world: World, files: Readonly<Record<string, string>>): void {
  const work = join(world.root, 'theirs-work');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(work, path, '..'), { recursive: true });
    writeFileSync(join(work, path), text);
  }
  world.runIn(work, 'svn', 'add', '-q', '--force', '.');
  world.runIn(work, 'svn', 'commit', '-q', '--username', 'bob', '-m', 'theirs');
  world.runIn(work, 'svn', 'update', '-q', '--ignore-externals');
}
