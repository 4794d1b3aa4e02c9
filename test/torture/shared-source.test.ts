import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { clearLocks, examine, locksOf, RUN_STEPS, type RunStep, thisHost } from '../../src/index.js';
import { EXTENT } from '../long-tests.js';
import { locksLeft } from '../support/locks-left.js';
import { Random } from '../support/random.js';
import { Worker, type WorkerEnd } from '../support/worker.js';
import { World } from '../support/world.js';
import { OrderWitness } from './order-witness.js';

/** More of them behind a flag: STAGELOCK_TORTURE_SCHEDULES=5000 npm test -- test/torture */
const SCHEDULES = Number(process.env['STAGELOCK_TORTURE_SCHEDULES'] ?? (EXTENT.kind === 'quick' ? 6 : 30));
const FIRST_SEED = Number(process.env['STAGELOCK_TORTURE_SEED'] ?? 1);
const SECONDARIES = ['s1', 's2', 's3', 's4'];
const BUILDS = ['main', ...SECONDARIES];

interface Ending {
  readonly end: WorkerEnd;
  /** Whether a death came right after a step. */
  readonly afterStep: boolean;
}

/** How a run is to die, if at all. */
interface Plan {
  readonly killAt?: { readonly step: RunStep; readonly occurrence: number };
  readonly killAfterMs?: number;
}

function planOf(random: Random): Plan {
  if (random.chance(0.35)) return { killAt: { step: random.pick(RUN_STEPS), occurrence: 1 } };
  return random.chance(0.1) ? { killAfterMs: random.below(150) } : {};
}

const worlds = [
  { name: 'a primary that gives up when secondaries build', primary: '' },
  {
    name: 'a primary that waits for its secondaries, and lingers',
    primary: 'when_secondaries_build = "wait"\nsecondaries_timeout = "500 ms"\nlinger = "20 ms"',
  },
];

describe.each(worlds)('torture: $name', ({ primary }) => {
  const world = new World({
    secondaries: SECONDARIES,
    primary,
    // A killed primary leaves its update lock; no run shall wait for that for long.
    defaults: 'update_timeout = "400 ms"',
    work: 'sleep 0.0$(( $$ % 5 ))',
  });
  const workers = new Map(
    BUILDS.map((name) => [name, new Worker(world.configFile, world.eventFile, world.environment)]),
  );
  const completed = new Map<string, number>(BUILDS.map((name) => [name, 1]));
  const order = new OrderWitness();
  let eventsSeen = 0;
  // Long enough for a secondary that does not look to run into it.
  world.slowUpdates(0.04);

  afterAll(async () => {
    for (const worker of workers.values()) await worker.stop();
    world.remove();
  });

  test(
    `${SCHEDULES / worlds.length} schedules with SIGKILL at random steps`,
    async () => {
      expect(await everythingRuns()).toBe('everything ran');
      let deaths = 0;
      for (let index = 0; index < SCHEDULES / worlds.length; index++) {
        const seed = FIRST_SEED + index;
        deaths += await schedule(new Random(seed), `seed ${seed}`);
      }
      // A torture in which hardly any process dies tests nothing; of a few schedules chance decides.
      if (SCHEDULES >= 20) expect(deaths).toBeGreaterThan(SCHEDULES / worlds.length / 2);
    },
    20 * 60_000,
  );

  /** One schedule: commits, all builds at about the same time, some of them killed; then a look at what is left. */
  async function schedule(random: Random, seed: string): Promise<number> {
    if (random.chance(0.8)) world.commit(1 + random.below(3));
    const runs = BUILDS.map(async (name) => {
      // The secondaries into the update, as cron would start them; the primary once more into their builds.
      await sleep(name === 'main' ? random.below(30) : random.below(140));
      const plan = planOf(random);
      const ending = await runOnce(name, plan);
      if (name !== 'main' || ending.end.kind === 'died' || random.chance(0.3)) return ending;
      world.commit(1);
      await sleep(random.below(60));
      return runOnce(name, planOf(random));
    });
    const ends = await Promise.all(runs);
    verify(seed);
    verifyLeftLocks(ends, seed);
    expect(await everythingRuns(), seed).toBe('everything ran');
    verify(seed);
    for (const name of BUILDS) expect(completed.get(name), `${seed}: ${name} has built everything`).toBe(world.commits);
    return ends.filter(({ end }) => end.kind === 'died').length;
  }

  async function runOnce(name: string, { killAt, killAfterMs }: Plan = {}): Promise<Ending> {
    const worker = workers.get(name);
    if (worker === undefined) throw new Error(name);
    world.note({ build: name, anyMoment: killAfterMs !== undefined });
    const run = worker.run({ build: name, ...(killAt === undefined ? {} : { killAt }) });
    if (killAfterMs !== undefined) {
      // Only this run: one that is over by then must not take the next one with it.
      const over = run.then(() => 'over' as const);
      if ((await Promise.race([over, sleep(killAfterMs)])) !== 'over') void worker.stop();
    }
    return { end: await run, afterStep: killAfterMs === undefined };
  }

  /** No overlap; and what the runs that completed since the last call have reported are the next commits, once. */
  function verify(seed: string): void {
    expect(world.overlaps(), seed).toBe('');
    const events = world.events();
    for (const event of events.slice(eventsSeen)) {
      expect(event.warning, seed).toBeUndefined();
      expect(event.error, seed).toBeUndefined();
      expect(order.see(event), seed).toBeUndefined();
      if (event.step !== 'complete: cursor moved') continue;
      const before = completed.get(event.build) ?? 0;
      const reported = world.reported(event.run) ?? [];
      const expected = reported.map((_, offset) => before + 1 + offset);
      expect(reported, `${seed}: ${event.build} after commit ${before}`).toEqual(expected);
      completed.set(event.build, before + reported.length);
    }
    eventsSeen = events.length;
  }

  /**
   * The locks that are there are those of the killed, no fewer and no more. A run that was killed at any moment, not
   * right after a step, may have done one thing more than it has told.
   */
  function verifyLeftLocks(ends: readonly Ending[], seed: string): void {
    const events = world.events();
    for (const [index, name] of BUILDS.entries()) {
      const ending = ends[index];
      const run = events.filter((event) => event.build === name).at(-1)?.run;
      const present = locksOf(world.build(name));
      if (ending?.end.kind !== 'died') {
        expect(present, `${seed}: ${name} was not killed`).toEqual([]);
        continue;
      }
      expect(
        present.every((lock) => lock.record?.run === run),
        `${seed}: whose locks of ${name}`,
      ).toBe(true);
      if (!ending.afterStep) continue;
      const paths = present.map((lock) => relative(world.root, lock.path).replace('/Testing/Temporary', ''));
      const expected = locksLeft(events.filter((event) => event.run === run));
      expect(paths.sort(), `${seed}: locks left by ${name}`).toEqual(expected);
    }
  }

  /** A person clears what the killed have left, and from then on everything runs again. */
  async function everythingRuns(): Promise<string> {
    const host = thisHost();
    for (const name of BUILDS) {
      for (let tries = 0; ; tries++) {
        const found = examine(world.build(name), host);
        if (found.kind === 'nothing-there') break;
        // The killed run's own build command may still be at work; unlock refuses until it is gone.
        if (found.kind === 'clear') {
          await clearLocks(world.build(name), found.locks);
          world.note({ build: name, unlocked: true });
        } else if (tries > 100) return `${name} cannot be unlocked: ${JSON.stringify([found.owned, found.left])}`;
        else await sleep(50);
      }
    }
    const { end: first } = await runOnce('main');
    if (first.kind !== 'ended' || !['done', 'no-news'].includes(first.result.kind)) return describeEnd('main', first);
    const rest = await Promise.all(SECONDARIES.map(async (name) => [name, (await runOnce(name)).end] as const));
    const bad = rest.find(([, end]) => end.kind !== 'ended' || !['done', 'no-news'].includes(end.result.kind));
    return bad === undefined ? 'everything ran' : describeEnd(...bad);
  }
});

function describeEnd(name: string, end: WorkerEnd): string {
  return `${name}: ${JSON.stringify(end)}`;
}
