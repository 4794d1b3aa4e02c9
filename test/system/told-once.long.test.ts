import { execFileSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SystemName } from '../../src/updates/record.js';
import { environment, missingFor } from '../updates/systems/repositories.js';
import { World } from '../updates/zoo/world.js';

/** Something that fails an update, beside whatever failed it before. */
interface Failure {
  readonly what: string;
  readonly make: (world: World) => void;
  /** What of it stands in what is told. */
  readonly names: string;
  /** Where it must go before the next one shows. */
  readonly undo?: (world: World) => void;
}

const by =
  (...command: readonly [string, ...string[]]) =>
  (world: World): void =>
    void world.tryTo(command[0], ...command.slice(1));

const AWAY: Failure = {
  what: 'the repository is away',
  make: (world) => world.repository.vanish(),
  names: 'store',
  undo: (world) => world.repository.reappear(),
};

const edited = (path: string, names = path): Failure => ({
  what: `${path} is edited where the news edit it, too`,
  make: (world) => {
    world.push({ write: { [path]: `int theirs_${path.length};\n` } });
    world.write(path, 'int mine;\n');
  },
  names,
});

/** Another repository in the place of the one that was checked out. */
const other = (names: string, create: (world: World) => void): Failure => ({
  what: 'another repository is in the place of the one checked out',
  make: (world) => {
    world.repository.vanish();
    create(world);
  },
  names,
  undo: (world) => {
    renameSync(join(world.root, 'store'), join(world.root, 'other-store'));
    world.repository.reappear();
  },
});

const FAILURES: Readonly<Record<Exclude<SystemName, 'git'>, readonly Failure[]>> = {
  svn: [
    AWAY,
    other('UUID', (world) => {
      world.runIn(world.root, 'svnadmin', 'create', 'store');
      world.runIn(world.root, 'svn', 'mkdir', '-q', '-m', 'x', `file://${world.root}/store/trunk`);
    }),
    edited('a.c'),
    edited('lib/c.c'),
    {
      what: 'an update by hand has left conflicts',
      make: by('svn', 'update', '-q', '--accept', 'postpone'),
      names: 'conflicts in',
      undo: by('svn', 'revert', '-q', '-R', '.'),
    },
    {
      what: 'a directory is switched elsewhere',
      make: by('svn', 'switch', '-q', '--ignore-ancestry', '^/other', 'lib/deep'),
      names: 'lib/deep',
      undo: by('svn', 'switch', '-q', '--ignore-ancestry', '^/trunk/lib/deep', 'lib/deep'),
    },
  ],
  hg: [
    AWAY,
    other('unrelated', ({ root }) => {
      execFileSync('hg', ['init', 'store'], { cwd: root, env: environment });
      writeFileSync(join(root, 'store', 'x'), 'x\n');
      execFileSync('hg', ['commit', '-q', '-A', '-u', 'x', '-m', 'x'], { cwd: join(root, 'store'), env: environment });
    }),
    edited('a.c'),
    edited('lib/c.c'),
    {
      what: 'the edits are committed',
      make: by('hg', 'commit', '-q', '-u', 'me', '-m', 'mine'),
      names: 'has commits that are not in',
    },
    {
      what: 'another branch is begun',
      make: (world) => {
        world.run('hg', 'branch', '-q', 'side');
        world.run('hg', 'commit', '-q', '-u', 'me', '-m', 'side');
      },
      names: 'side',
      undo: by('hg', 'update', '-q', '--clean', '-r', 'public() and branch(default)'),
    },
  ],
  cvs: [
    AWAY,
    {
      what: 'a file of the repository is destroyed',
      make: ({ root }) => {
        const file = join(root, 'store', 'module', 'b.c,v');
        execFileSync('cp', ['-a', file, join(root, 'b.c,v')]);
        execFileSync('chmod', ['u+w', file]);
        writeFileSync(file, 'x\n');
      },
      names: 'b.c,v',
      undo: ({ root }) => void execFileSync('mv', ['-f', join(root, 'b.c,v'), join(root, 'store', 'module', 'b.c,v')]),
    },
    edited('a.c'),
    edited('lib/c.c'),
    {
      what: 'a branch is checked out in a directory',
      make: (world) => {
        world.tryTo('cvs', '-Q', 'rtag', '-b', 'SIDE', 'module');
        world.tryTo('cvs', '-Q', 'update', '-r', 'SIDE', 'lib/deep');
      },
      names: 'SIDE',
      undo: by('cvs', '-Q', 'update', '-C', '-A'),
    },
  ],
};

describe.each(['svn', 'hg', 'cvs'] as const)('a source in %s', (type) => {
  const missing = missingFor(type);
  const because = missing.length > 0 ? ` (missing: ${missing.join(', ')})` : '';

  test.skipIf(missing.length > 0)(
    `each failure of an update is told once as long as its cause stays, and no other one swallows it${because}`,
    { timeout: 180_000 },
    () => {
      const world = World.make(type, 'fast-forward');
      expect(world.build('main', [])).toMatchObject({ code: 0, stderr: '' });
      for (const { what, make, names, undo } of FAILURES[type]) {
        make(world);
        const first = world.build('main', []);
        expect(first, what).toMatchObject({ code: 1, stderr: expect.stringContaining(names) });
        expect(first.stderr, what).not.toContain('is over');
        expect(first.stderr, what).not.toMatch(/\bgit\b/);
        expect(world.build('main', []), `${what}, once more`).toMatchObject({ code: 1, stderr: '' });
        undo?.(world);
      }
      const over =
        /^stagelock: main: runs again\. The problem of [\d-]+ [\d:]+ \S+ \(\d+ times more not reported\) is over\.\n$/;
      expect(world.build('main', [])).toMatchObject({ code: 0, stderr: expect.stringMatching(over) });
      world.push({ write: { 'b.c': 'int b;\n' } });
      expect(world.build('main', [])).toMatchObject({ code: 0, stderr: '' });
      // Beside it stands what a client has kept of the edits.
      expect([...world.lastSeenBy('main')]).toEqual(expect.arrayContaining([...world.newest()]));
    },
  );
});
