import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { noOtherUser } from '../support/other-user.js';
import type { World } from '../support/world.js';
import { type Running, stagelock } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());
const noUsers = noOtherUser;

const GROUP = 61_000;
const ANNA = { uid: 61_001, gid: GROUP };
const BERT = { uid: 61_002, gid: GROUP };
const STRANGER = { uid: 61_003, gid: 61_003 };

describe.skipIf(noUsers !== undefined)(
  `in directories of a group${noUsers === undefined ? '' : ` (${noUsers})`}`,
  () => {
    test("one's primary and another's secondary share a source", async () => {
      const world = shared();
      expect(await as(ANNA, world, ['run', 'main'])).toMatchObject({ code: 0, stderr: '' });
      const secondary = await building(BERT, world, 's1');
      commit(world);
      const mark = join(world.temporary('main'), 'running.s1');
      expect(statSync(mark)).toMatchObject({ uid: BERT.uid, gid: GROUP });
      expect(statSync(mark).mode & 0o777).toBe(0o664);
      const primary = await as(ANNA, world, ['run', 'main']);
      expect(primary.code).toBe(75);
      expect(primary.stderr).toMatch(/running\.s1: run of s1, held by pid \d+ of 61002 on \S+ \(running for /);
      worlds.finish(world);
      expect(await secondary.ended).toMatchObject({ code: 0, stderr: '' });
      const over = expect.stringMatching(
        /^stagelock: main: runs again\. The problem of [\d-]+ [\d:]+ \S+ is over\.\n$/,
      );
      expect(await as(ANNA, world, ['run', 'main'])).toMatchObject({ code: 0, stderr: over });
      expect(await as(BERT, world, ['run', 's1'])).toMatchObject({ code: 0, stderr: '' });
      expect(world.overlaps()).toBe('');
    });

    test("another's secondary looks at all of a source whose repository it may not write", async () => {
      const world = shared();
      expect(await as(ANNA, world, ['run', 'main'])).toMatchObject({ code: 0, stderr: '' });
      execFileSync('git', ['-c', 'safe.directory=*', '-C', world.source, 'update-index', '--assume-unchanged', 'c1']);
      writeFileSync(join(world.source, 'c1'), 'int mine;\n');
      execFileSync('chmod', ['-R', 'go-w', join(world.source, '.git')]);
      expect(await as(BERT, world, ['run', 's1'])).toMatchObject({ code: 0, stderr: '' });
      const xml = readFileSync(join(world.temporary('s1'), 'LastUpdate.xml'), 'utf8');
      expect(xml).toContain('<Modified>');
    });

    test("one build is run by one after the other, and another's locks are seen to be alive", async () => {
      const world = shared();
      expect(await as(ANNA, world, ['run', 'main'])).toMatchObject({ code: 0, stderr: '' });
      commit(world);
      const run = await building(BERT, world, 'main');
      const refused = await as(ANNA, world, ['unlock', 'main', '--yes']);
      expect(refused.code).toBe(75);
      expect(refused.stderr).toMatch(/ {2}process \d+ of user 61002, .*, run of main: .* run main\n/);
      worlds.finish(world);
      expect(await run.ended).toMatchObject({ code: 0, stderr: '' });
    });

    test('the locks of a killed run are cleared by another member of the group, and by no other user', async () => {
      const world = shared();
      expect(await as(ANNA, world, ['run', 'main'])).toMatchObject({ code: 0, stderr: '' });
      commit(world);
      const run = await building(ANNA, world, 'main');
      run.kill('SIGKILL');
      await run.ended;
      worlds.finish(world);
      await worlds.idle(world);
      const status = await as(STRANGER, world, ['status', 'main']);
      expect(status.stdout).toMatch(/^main \(primary\): left locks behind\n/);
      const stranger = await as(STRANGER, world, ['unlock', 'main', '--yes']);
      expect(stranger.code).toBe(70);
      expect(stranger.stderr).toMatch(/^stagelock: \S+: no permission to .*\n$/);
      expect(world.lockFiles('main')).toEqual(['build', 'running']);
      const cleared = await as(BERT, world, ['unlock', 'main', '--yes']);
      expect(cleared).toMatchObject({ code: 0, stderr: '' });
      expect(cleared.stdout).toMatch(/Only 61001 and root can see whether processes of the dead run are still running/);
      expect(world.lockFiles('main')).toEqual([]);
      expect(await as(BERT, world, ['run', 'main'])).toMatchObject({ code: 0, stderr: '' });
    });

    test('a run by a user outside the group is refused, changes nothing, and says what is wanted', async () => {
      const world = shared();
      expect(await as(ANNA, world, ['run', 'main'])).toMatchObject({ code: 0, stderr: '' });
      for (const build of ['main', 's1']) {
        const ended = await as(STRANGER, world, ['run', build]);
        expect(ended).toMatchObject({ code: 70, stdout: '' });
        expect(ended.stderr).toMatch(
          /no permission.*(group 61000 \(mode 664\); only members of that group|group 61000, mode 2775\. A group .* chmod g\+ws)/,
        );
        expect(ended.stderr).toContain(`  ${build} was not built; no lock is left.\n`);
      }
    });

    test('status of a directory that one may not read says so, and still shows the other builds', async () => {
      const world = shared();
      expect(await as(ANNA, world, ['run', 'main'])).toMatchObject({ code: 0, stderr: '' });
      expect(await as(ANNA, world, ['run', 's1'])).toMatchObject({ code: 0, stderr: '' });
      execFileSync('chmod', ['o-rx', world.build('s1').directory]);
      const { code, stdout } = await as(STRANGER, world, ['status']);
      expect(code).toBe(70);
      expect(stdout).toMatch(
        /^main \(primary\): idle.*\n(?: {2}last .*\n)*s1 \(secondary\): cannot be read: EACCES: .*\/s1\/Testing\/Temporary'\n$/,
      );
    });
  },
);

/** A world that belongs to Anna and her group. */
function shared(): World {
  const world = worlds.make();
  // git asks a user who works in another user's checkout to confirm that.
  writeFileSync(join(world.root, 'gitconfig'), '[safe]\n\tdirectory = *\n');
  give(world.root);
  return world;
}

function give(path: string): void {
  execFileSync('chown', ['-R', `${ANNA.uid}:${GROUP}`, path]);
  execFileSync('chmod', ['-R', 'g+rwX,o+rX', path]);
  execFileSync('find', [path, '-type', 'd', '-exec', 'chmod', 'g+s', '{}', '+']);
}

/** Pushes a commit; root may only do that in a repository of its own. */
function commit(world: World): void {
  const upstream = join(world.root, 'upstream.git');
  execFileSync('chown', ['-R', '0', upstream]);
  world.commit(1);
  give(upstream);
}

type User = typeof ANNA;

function environmentOf(world: World): NodeJS.ProcessEnv {
  return { HOME: '/nonexistent', GIT_CONFIG_GLOBAL: join(world.root, 'gitconfig') };
}

function as(user: User, world: World, args: readonly string[]) {
  return stagelock(world, args, { user, environment: environmentOf(world) });
}

function building(user: User, world: World, build: string): Promise<Running> {
  return worlds.building(world, build, { user, environment: environmentOf(world) });
}
