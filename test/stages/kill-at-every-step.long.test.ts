import { relative } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { clearLocks, examine, locksOf, RUN_STEPS, type RunStep, statusOf, thisHost } from '../../src/index.js';
import { locksLeft } from '../support/locks-left.js';
import { Worker, type WorkerEnd } from '../support/worker.js';
import { World } from '../support/world.js';

const ONLY_PRIMARY: readonly RunStep[] = [
  'claim: copy made',
  'claim: source claimed',
  'begin: update claimed',
  'update: clear of secondaries',
  'update: start recorded',
  'update: fetched',
  'update: marked',
  'update: moving',
  'update: moved',
  'update: proved',
  'update: recorded',
  'update: unmarked',
];
const ONLY_SECONDARY: readonly RunStep[] = [
  'update: stage locked',
  'join: joined',
  'merge: cursor started',
  'leave: left',
];
/** Taken only by the first run of a build. */
const ONLY_FIRST: readonly RunStep[] = [
  'claim: copy made',
  'claim: source claimed',
  'update: start recorded',
  'merge: cursor started',
];

const cases = (['main', 's1'] as const).flatMap((build) => {
  const others = build === 'main' ? ONLY_SECONDARY : ONLY_PRIMARY;
  return RUN_STEPS.filter((step) => !others.includes(step)).map((step) => ({ build, step }));
});

const open: { world: World; workers: Worker[] }[] = [];
afterEach(async () => {
  for (const { world, workers } of open.splice(0)) {
    for (const worker of workers) await worker.stop();
    world.remove();
  }
});

describe('a run that is killed with SIGKILL', () => {
  test.each(cases)('right after "$step" of $build', async ({ build, step }) => {
    const world = new World({ secondaries: ['s1'], defaults: 'update_timeout = "200 ms"' });
    const workers = { main: worker(world), s1: worker(world) };
    open.push({ world, workers: Object.values(workers) });
    const first = ONLY_FIRST.includes(step);
    if (!first || build === 's1') expect(kindOf(await workers.main.run({ build: 'main' }))).toBe('done');
    if (!first) expect(kindOf(await workers.s1.run({ build: 's1' }))).toBe('done');
    world.commit(2);
    if (build === 's1') expect(kindOf(await workers.main.run({ build: 'main' }))).toBe('done');

    const end = await workers[build].run({ build, killAt: { step, occurrence: 1 } });
    expect(end.kind).toBe('died');

    // Its locks are left, and only its.
    const killed = world.events().at(-1)?.run ?? '';
    const expected = locksLeft(world.events().filter((event) => event.run === killed));
    expect(lockPaths(world)).toEqual(expected);
    const status = statusOf(world.project, thisHost()).find((one) => one.build === build);
    expect(status?.locks.every((lock) => lock.judgement.fate === 'dead')).toBe(true);

    // They stay, and block what they should: the build itself; the update, if a secondary had joined; the secondary,
    // if an update was going on.
    const again = await workers[build].run({ build });
    if (expected.includes(`${build}/running`)) expect(kindOf(again)).toBe('held');
    const other = await workers[build === 'main' ? 's1' : 'main'].run({ build: build === 'main' ? 's1' : 'main' });
    if (expected.includes('main/running.s1')) expect(kindOf(other)).toBe('secondaries-building');
    else if (expected.includes('main/update')) expect(kindOf(other)).toBe('wait-timed-out');
    if (expected.length > 0) expect(lockPaths(world)).toEqual(expected);

    // A person clears them; from then on everything runs, and every commit is reported once.
    await unlock(world, build);
    for (const name of ['main', 's1'] as const) {
      expect(['done', 'no-news']).toContain(kindOf(await workers[name].run({ build: name })));
    }
    expect(lockPaths(world)).toEqual([]);
    expect(world.overlaps()).toBe('');
    expect(completedReports(world, 'main')).toEqual([2, 3]);
    expect(completedReports(world, 's1')).toEqual(first ? [] : [2, 3]);
  });
});

function worker(world: World): Worker {
  return new Worker(world.configFile, world.eventFile, world.environment);
}

function kindOf(end: WorkerEnd): string {
  return end.kind === 'ended' ? end.result.kind : `${end.kind} ${end.kind === 'threw' ? end.error : ''}`;
}

function lockPaths(world: World): string[] {
  return [...world.project.builds.values()]
    .flatMap((build) => locksOf(build))
    .map((lock) => relative(world.root, lock.path).replace('/Testing/Temporary', ''))
    .sort();
}

async function unlock(world: World, name: string): Promise<void> {
  for (;;) {
    const found = examine(world.build(name), thisHost());
    if (found.kind === 'nothing-there') return;
    if (found.kind === 'clear') await clearLocks(world.build(name), found.locks);
    else await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The commits that the completed runs of a build have reported, in the order of the runs. */
function completedReports(world: World, build: string): number[] {
  return world
    .events()
    .filter((event) => event.build === build && event.step === 'complete: cursor moved')
    .flatMap((event) => world.reported(event.run) ?? []);
}
