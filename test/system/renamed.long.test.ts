import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { World } from '../support/world.js';
import { stagelock } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

/** A world whose primary and secondary have built everything, and the primary one update more. */
async function behind(): Promise<World> {
  const world = await worlds.built();
  await run(world, 's1');
  world.commit(1);
  await run(world, 'main');
  return world;
}

/** Of two secondaries one is two updates behind, `s2`, and the other one. */
async function twoBehind(): Promise<World> {
  const world = await worlds.built();
  configure(world, (text) => `${text}\n[builds.s2]\nprimary = "main"\ndirectory = "s2"\n`);
  await run(world, 's1');
  await run(world, 's2');
  world.commit(1);
  await run(world, 'main');
  await run(world, 's1');
  world.commit(1);
  await run(world, 'main');
  return world;
}

const swapped = (text: string): string =>
  text.replaceAll(/\[builds\.s([12])\]/g, (_, number) => `[builds.s${3 - Number(number)}]`);

async function run(world: World, build: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const ended = await stagelock(world, ['run', build]);
  expect(ended, ended.stderr).toMatchObject({ code: 0, stderr: '' });
  return ended;
}

function configure(world: World, change: (text: string) => string): void {
  writeFileSync(world.configFile, change(readFileSync(world.configFile, 'utf8')));
}

const OVER = expect.stringMatching(/^stagelock: clang: runs again\. .* is over\.\n$/);

/** The commits that the newest Update.xml of a build directory reports. */
function reported(world: World, directory: string): string[] {
  const testing = join(world.root, directory, 'Testing');
  const tag = readFileSync(join(testing, 'TAG'), 'utf8').split('\n')[0] ?? '';
  const xml = readFileSync(join(testing, tag, 'Update.xml'), 'utf8');
  return [...xml.matchAll(/<FullName>c(\d+)<\/FullName>/g)].map(([, number]) => number ?? '');
}

const cursors = (world: World): string[] => readdirSync(join(world.root, 'main/Testing/Updates/cursors')).sort();

describe('a build that was renamed in the configuration', () => {
  test('goes on where it was: a secondary', async () => {
    const world = await behind();
    configure(world, (text) => text.replace('[builds.s1]', '[builds.clang]'));
    const { stdout } = await run(world, 'clang');
    expect(stdout).toContain('clang: was renamed from s1, and continues where it stopped');
    expect(reported(world, 's1')).toEqual(['2']);
    expect(cursors(world)).toEqual(['clang.json', 'main.json']);
    expect((await run(world, 'clang')).stdout).toBe('');
  });

  test('goes on where it was: a primary', async () => {
    const world = await behind();
    configure(world, (text) =>
      text.replaceAll('builds.main', 'builds.trunk').replace('primary = "main"', 'primary = "trunk"'),
    );
    expect((await run(world, 'trunk')).stdout).toContain('trunk: was renamed from main');
    world.commit(1);
    await run(world, 'trunk');
    expect(reported(world, 'main')).toEqual(['3']);
    await run(world, 's1');
    expect(reported(world, 's1')).toEqual(['2', '3']);
    expect(cursors(world)).toEqual(['s1.json', 'trunk.json']);
  });

  test('and whose directory was moved, too, is told to be called by its new name', async () => {
    const world = await behind();
    configure(world, (text) => text.replace('[builds.s1]', '[builds.clang]').replace(/"[^"]*\/s1"/, '"moved"'));
    renameSync(join(world.root, 's1'), join(world.root, 'moved'));
    const unsure = await stagelock(world, ['run', 'clang']);
    expect(unsure.code).toBe(1);
    expect(unsure.stderr).toContain(`  stagelock --config ${world.configFile} rename s1 clang\n`);
    expect((await stagelock(world, ['check'])).stdout).toContain(
      `  stagelock --config ${world.configFile} rename s1 NEW\n`,
    );
    expect(cursors(world)).toEqual(['main.json', 's1.json']);
    const renamed = await stagelock(world, ['rename', 's1', 'clang']);
    expect(renamed).toMatchObject({ code: 0, stdout: 'clang continues where s1 stopped: after update 1\n' });
    expect(await stagelock(world, ['run', 'clang'])).toMatchObject({ code: 0, stderr: OVER });
    expect(reported(world, 'moved')).toEqual(['2']);
    expect(await stagelock(world, ['rename', 's1', 'clang'])).toMatchObject({ code: 1 });
  });

  test('with a cursor of an older version, which does not say whose it is, is not built as if it were new', async () => {
    const world = await behind();
    const cursor = join(world.root, 'main/Testing/Updates/cursors/s1.json');
    writeFileSync(cursor, '{"format":1,"record":1,"completed":true}\n');
    rmSync(join(world.root, 's1/Testing/BuildId'));
    configure(world, (text) => text.replace('[builds.s1]', '[builds.clang]'));
    expect(await stagelock(world, ['run', 'clang'])).toMatchObject({ code: 1 });
    expect(await stagelock(world, ['rename', 's1', 'clang'])).toMatchObject({ code: 0 });
    expect(await stagelock(world, ['run', 'clang'])).toMatchObject({ code: 0, stderr: OVER });
    expect(reported(world, 's1')).toEqual(['2']);
  });

  test.each([
    ['s1', 's2'],
    ['s2', 's1'],
  ])('goes on where it was although another one has its name now: first %s, then %s', async (first, second) => {
    const world = await twoBehind();
    configure(world, swapped);
    await run(world, first);
    // s2 has not built the commits 2 and 3, s1 only not 3.
    const expected: Record<string, string[]> = { s1: ['2', '3'], s2: ['3'] };
    expect(reported(world, first === 's1' ? 's2' : 's1')).toEqual(expected[first]);
    await run(world, second);
    expect(reported(world, second === 's1' ? 's2' : 's1')).toEqual(expected[second]);
    expect(cursors(world)).toEqual(['main.json', 's1.json', 's2.json']);
    for (const name of ['s1', 's2']) expect((await run(world, name)).stdout).toBe('');
  });

  test.each([
    ['s1', 's2'],
    ['s2', 's1'],
  ])('and swapped back after %s has run, goes on where it was', async (first) => {
    const world = await twoBehind();
    configure(world, swapped);
    await run(world, first);
    configure(world, swapped);
    await run(world, 's1');
    await run(world, 's2');
    expect(reported(world, 's1')).toEqual(['3']);
    expect(reported(world, 's2')).toEqual(['2', '3']);
    expect(cursors(world)).toEqual(['main.json', 's1.json', 's2.json']);
  });

  test('goes on where it was when its swapped cursor was only put aside by a run that died', async () => {
    const world = await twoBehind();
    configure(world, swapped);
    const place = join(world.root, 'main/Testing/Updates/cursors');
    const { home } = JSON.parse(readFileSync(join(place, 's1.json'), 'utf8')) as { home: { id: string } };
    renameSync(join(place, 's1.json'), join(place, `displaced-${home.id}.json`));
    await run(world, 's2');
    await run(world, 's1');
    expect(reported(world, 's1')).toEqual(['3']);
    expect(reported(world, 's2')).toEqual(['2', '3']);
    expect(cursors(world)).toEqual(['main.json', 's1.json', 's2.json']);
  });

  test('leaves its old name to a new build, which takes nothing away from it', async () => {
    const world = await behind();
    configure(
      world,
      (text) => `${text.replace('[builds.s1]', '[builds.clang]')}\n[builds.s1]\nprimary = "main"\ndirectory = "new"\n`,
    );
    const fresh = await stagelock(world, ['run', 's1']);
    expect(fresh).toMatchObject({ code: 0 });
    expect(fresh.stderr).toMatch(/^stagelock: s1: its cursor belonged to .*starts from the current revision\n$/);
    expect(reported(world, 'new')).toEqual([]);
    await run(world, 'clang');
    expect(reported(world, 's1')).toEqual(['2']);
    expect(cursors(world)).toEqual(['clang.json', 'main.json', 's1.json']);
  });

  test('is cleared of what a killed run under its old name has left, in its directory and its primary', async () => {
    const world = await behind();
    const running = await worlds.building(world, 's1');
    running.kill('SIGKILL');
    await running.ended;
    worlds.finish(world);
    await worlds.idle(world);
    configure(world, (text) => text.replace('[builds.s1]', '[builds.clang]'));
    expect(await stagelock(world, ['rename', 's1', 'clang'])).toMatchObject({ code: 75 });
    expect(await stagelock(world, ['unlock', 'clang', '--yes'])).toMatchObject({ code: 0 });
    expect(existsSync(join(world.temporary('main'), 'running.s1'))).toBe(false);
    await run(world, 'clang');
    expect(reported(world, 's1')).toEqual(['2']);
  });
});

describe('a build that was not renamed', () => {
  test('but copied starts at the present, and takes nothing away from the other one', async () => {
    const world = await behind();
    execFileSync('cp', ['-a', join(world.root, 's1'), join(world.root, 's2')]);
    configure(world, (text) => `${text}\n[builds.s2]\nprimary = "main"\ndirectory = "s2"\n`);
    await run(world, 's2');
    expect(reported(world, 's2')).toEqual([]);
    await run(world, 's1');
    expect(reported(world, 's1')).toEqual(['2']);
  });

  test('but is new is built, whatever others have left', async () => {
    const world = await behind();
    configure(world, (text) => text.replace('[builds.s1]', '[builds.other]').replace(/"[^"]*\/s1"/, '"other"'));
    await run(world, 'other');
    expect(reported(world, 'other')).toEqual([]);
    expect(cursors(world)).toEqual(['main.json', 'other.json', 's1.json']);
  });

  test('cannot be given the place of another one that is there', async () => {
    const world = await behind();
    expect(await stagelock(world, ['rename', 'main', 's1'])).toMatchObject({ code: 2 });
    expect(await stagelock(world, ['rename', '../main', 's1'])).toMatchObject({ code: 2 });
  });
});
