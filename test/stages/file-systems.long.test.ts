import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { clearLocks, examine, locksOf, RUN_STEPS, type RunStep, thisHost } from '../../src/index.js';
import { filesystemOf } from '../../src/locks/index.js';
import { parseStageLock } from '../../src/stages/stage-lock.js';
import { because, canMount, canMountExfat, exfat, smallTmpfs } from '../locks/processes.js';
import { locksLeft } from '../support/locks-left.js';
import { Worker, type WorkerEnd } from '../support/worker.js';
import { World } from '../support/world.js';

interface Set {
  readonly world: World;
  readonly main: Worker;
  readonly s1: Worker;
}

function set(buildsIn: string): Set {
  const world = new World({ secondaries: ['s1'], buildsIn, defaults: 'update_timeout = "200 ms"' });
  const start = (): Worker => new Worker(world.configFile, world.eventFile, world.environment);
  const [main, s1] = [start(), start()];
  onTestFinished(async () => {
    await main.stop();
    await s1.stop();
    world.remove();
  });
  return { world, main, s1 };
}

describe(`a file system without hard links${because(canMountExfat, 'no exFAT by FUSE here')}`, () => {
  test.skipIf(!canMountExfat)('carries the whole protocol', async () => {
    const mounted = exfat();
    expect(() =>
      execFileSync('ln', [join(mounted, '..', 'image'), join(mounted, 'link')], { stdio: 'ignore' }),
    ).toThrow();
    expect(filesystemOf(mounted).name).toBe('fuse');
    const { world, main, s1 } = set(mounted);
    expect(await kind(main.run({ build: 'main' }))).toBe('done');
    expect(await kind(s1.run({ build: 's1' }))).toBe('done');
    world.commit(2);
    expect(await kind(main.run({ build: 'main' }))).toBe('done');
    expect(await kind(s1.run({ build: 's1' }))).toBe('done');
    expect(reports(world, 's1')).toEqual([2, 3]);
    expect(world.overlaps()).toBe('');
  });

  const steps: readonly RunStep[] = [
    'begin: running created',
    'begin: update claimed',
    'update: recorded',
    'stage: locked',
  ];
  test.skipIf(!canMountExfat).each(steps)('keeps whole locks of a run killed at "%s"', async (step) => {
    expect(RUN_STEPS).toContain(step);
    const { world, main } = set(exfat());
    expect(await kind(main.run({ build: 'main' }))).toBe('done');
    world.commit(1);
    expect((await main.run({ build: 'main', killAt: { step, occurrence: 1 } })).kind).toBe('died');
    const run = world.events().at(-1)?.run;
    const files = world.lockFiles('main');
    expect(files.map((file) => `main/${file}`)).toEqual(locksLeft(world.events().filter((event) => event.run === run)));
    for (const file of files) {
      const record = parseStageLock(readFileSync(join(world.temporary('main'), file), 'utf8'));
      expect(record).toMatchObject({ build: 'main', run });
    }
    expect(await kind(main.run({ build: 'main' }))).toBe('held');
    await unlock(world, 'main');
    expect(await kind(main.run({ build: 'main' }))).toBe('done');
    expect(reports(world, 'main')).toEqual([2]);
  });
});

describe(`a read-only file system${because(canMount, 'mount is not permitted')}`, () => {
  test.skipIf(!canMount)('is a clear error that leaves nothing behind', async () => {
    const mounted = smallTmpfs('size=4m');
    const { world, main, s1 } = set(mounted);
    expect(await kind(main.run({ build: 'main' }))).toBe('done');
    world.commit(1);
    const before = tree(mounted);
    execFileSync('mount', ['-o', 'remount,ro', mounted]);
    for (const [worker, build] of [
      [main, 'main'],
      [s1, 's1'],
    ] as const) {
      const end = await worker.run({ build });
      expect(end.kind).toBe('threw');
      expect(end.kind === 'threw' && end.error).toMatch(/read-only/);
      expect(end.kind === 'threw' && end.error).toContain(mounted);
    }
    execFileSync('mount', ['-o', 'remount,rw', mounted]);
    expect(tree(mounted)).toEqual(before);
    expect(await kind(main.run({ build: 'main' }))).toBe('done');
    expect(reports(world, 'main')).toEqual([2]);
  });
});

describe(`a full file system${because(canMount, 'mount is not permitted')}`, () => {
  test.skipIf(!canMount)('is a clear error before the run begins', async () => {
    const mounted = smallTmpfs('size=1m');
    const { world, main } = set(mounted);
    expect(await kind(main.run({ build: 'main' }))).toBe('done');
    world.commit(1);
    const before = tree(mounted);
    fill(mounted, 0);
    const end = await main.run({ build: 'main' });
    expect(end.kind === 'threw' && end.error).toMatch(/ENOSPC|no space/);
    rmSync(join(mounted, 'filler'));
    expect(tree(mounted)).toEqual(before);
    expect(locksOf(world.build('main'))).toEqual([]);
    expect(await kind(main.run({ build: 'main' }))).toBe('done');
    expect(reports(world, 'main')).toEqual([2]);
  });

  test.skipIf(!canMount)('loses nothing and leaves no half file, wherever the run runs out of space', async () => {
    const mounted = smallTmpfs('size=1m');
    const { world, main, s1 } = set(mounted);
    expect(await kind(main.run({ build: 'main' }))).toBe('done');
    expect(await kind(s1.run({ build: 's1' }))).toBe('done');
    const failures = new Map<string, number>();
    for (let freePages = 1; freePages <= 14; freePages++) {
      world.commit(1);
      fill(mounted, freePages);
      for (const [worker, build] of [
        [main, 'main'],
        [s1, 's1'],
      ] as const) {
        const how = await kind(worker.run({ build }));
        failures.set(how.slice(0, 12), (failures.get(how.slice(0, 12)) ?? 0) + 1);
        expectWhole(world);
      }
      rmSync(join(mounted, 'filler'));
      await unlock(world, 'main');
      await unlock(world, 's1');
    }
    expect([...failures.keys()].some((how) => how.startsWith('threw'))).toBe(true);
    expect(['done', 'no-news']).toContain(await kind(main.run({ build: 'main' })));
    expect(['done', 'no-news']).toContain(await kind(s1.run({ build: 's1' })));
    const everything = Array.from({ length: 14 }, (_, index) => index + 2);
    expect(reports(world, 'main')).toEqual(everything);
    expect(reports(world, 's1')).toEqual(everything);
    expect(world.overlaps()).toBe('');
  });
});

/** Every lock, record and cursor that is there can be read to its end. */
function expectWhole(world: World): void {
  for (const build of ['main', 's1']) {
    for (const file of world.lockFiles(build)) {
      expect(
        parseStageLock(readFileSync(join(world.temporary(build), file), 'utf8')),
        `${build}/${file}`,
      ).toBeDefined();
    }
  }
  const updates = join(world.build('main').directory, 'Testing', 'Updates');
  for (const name of readdirSync(updates, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.json')) JSON.parse(readFileSync(join(updates, name), 'utf8'));
  }
}

/** Fills a file system but for some pages of 4 KiB. */
function fill(directory: string, freePages: number): void {
  const { bavail, bsize } = statfsSync(directory);
  writeFileSync(join(directory, 'filler'), Buffer.alloc(Math.max(0, bavail * bsize - freePages * 4096)));
}

function tree(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
}

async function kind(run: Promise<WorkerEnd>): Promise<string> {
  const end = await run;
  return end.kind === 'ended' ? end.result.kind : `${end.kind} ${end.kind === 'threw' ? end.error : ''}`;
}

function reports(world: World, build: string): number[] {
  return world
    .events()
    .filter((event) => event.build === build && event.step === 'complete: cursor moved')
    .flatMap((event) => world.reported(event.run) ?? []);
}

async function unlock(world: World, name: string): Promise<void> {
  const found = examine(world.build(name), thisHost());
  if (found.kind === 'nothing-there') return;
  // The worker process that ran into the full disk lives on, unlike `stagelock run`.
  await clearLocks(world.build(name), found.locks);
}
