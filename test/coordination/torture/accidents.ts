import { setTimeout as sleep } from 'node:timers/promises';
import { stagelock } from '../../system/programs.js';
import { compaction, fullDisk, noSpace } from './accidents-of-storage.js';
import { cutBetweenMembers, cutOfHost } from './accidents-of-the-network.js';
import { type Build, begin, clear, type Scene, untilBegun } from './scene.js';

type Accident = (scene: Scene, build: Build) => Promise<void> | void;

/** What happens, and how often in proportion. */
const ACCIDENTS: readonly (readonly [number, Accident])[] = [
  [30, run],
  [8, kill],
  [9, stop],
  [9, outage],
  [3, longOutage],
  [13, cut],
  [5, cutBetweenMembers],
  [6, clockJump],
  [5, compaction],
  [3, fullDisk],
  [2, noSpace],
];
const TOTAL = ACCIDENTS.reduce((sum, [weight]) => sum + weight, 0);

/** One thing that happens. */
export async function strike(scene: Scene): Promise<void> {
  const { random, builds, story } = scene;
  const build = random.pick(builds);
  let left = random.next() * TOTAL;
  for (const [weight, accident] of ACCIDENTS) {
    left -= weight;
    if (left >= 0) continue;
    story.push(`${accident.name} ${build.name}`);
    return accident(scene, build);
  }
}

async function run(scene: Scene, build: Build): Promise<void> {
  const ms = scene.random.next() * 900;
  await beginIfNone(scene, build);
  await sleep(ms);
}

async function beginIfNone(scene: Scene, build: Build): Promise<void> {
  if (scene.live.has(build.name)) return;
  if (scene.broken.has(build.name)) await clear(scene, build);
  begin(scene, build);
}

/** A run of the build at a moment that is about as often before it has begun in etcd as after that. */
async function someMoment(scene: Scene, build: Build): Promise<void> {
  const [isEarly, ms] = [scene.random.chance(0.3), scene.random.next() * 900];
  await beginIfNone(scene, build);
  if (!isEarly) await untilBegun(scene, build);
  await sleep(ms);
}

async function kill(scene: Scene, build: Build): Promise<void> {
  const { live, tally } = scene;
  await someMoment(scene, build);
  const struck = live.get(build.name);
  if (struck === undefined) return;
  tally.add('run killed');
  struck.kill('SIGKILL');
  await struck.ended;
  await clear(scene, build);
}

/** It is taken for dead by a person on some host, and goes on afterwards. */
async function stop(scene: Scene, build: Build): Promise<void> {
  const { random, live, builds, tally } = scene;
  const [ms, more] = [random.next() * 500, random.next() * 300];
  const { host } = random.pick(builds);
  await someMoment(scene, build);
  const struck = live.get(build.name);
  if (struck === undefined) return;
  tally.add('run stopped, cleared, continued');
  struck.kill('SIGSTOP');
  await sleep(ms);
  await stagelock(host, ['unlock', build.name, '--yes', '--force']);
  await sleep(more);
  struck.kill('SIGCONT');
  await struck.ended;
  await clear(scene, build);
}

/** Mostly while a run is in its middle. */
async function cut(scene: Scene, build: Build): Promise<void> {
  if (scene.random.chance(0.8)) await someMoment(scene, build);
  cutOfHost(scene, build);
}

/** Of one member, or now and then of a majority for a moment. */
async function outage({ random, cluster, troubles, tally }: Scene): Promise<void> {
  const first = random.below(3);
  const struck = cluster.members.filter((_, index) => index === first || random.chance(0.3));
  const isKill = random.chance(0.5);
  const ms = random.next() * (isKill ? 800 : 1500);
  let isOver: Promise<void> = Promise.resolve();
  troubles.begin(
    struck.map(({ name }) => name),
    () => {
      tally.add(`${struck.length} of 3 members ${isKill ? 'killed' : 'stopped'}`);
      isOver = (async () => {
        if (isKill) await Promise.all(struck.map((member) => member.kill()));
        else for (const member of struck) member.pause();
        await sleep(ms);
        if (isKill) await Promise.all(struck.map((member) => member.start()));
        else for (const member of struck) member.resume();
      })();
      return isOver;
    },
  );
  await isOver;
}

/** Of one member, for longer than a lease is. */
function longOutage({ random, cluster, troubles, tally }: Scene): void {
  const member = random.pick(cluster.members);
  const ms = 3000 + random.next() * 8000;
  troubles.begin([member.name], async () => {
    tally.add('1 of 3 members stopped for long');
    member.pause();
    await sleep(ms);
    member.resume();
  });
}

/** By hours, in either direction, also of what is running there. */
function clockJump({ random, builds, live, tally }: Scene): void {
  const offset = Math.round((random.next() - 0.5) * 2 * 26 * 60);
  const build = builds.find(({ clock }) => clock !== undefined);
  if (build === undefined) return;
  build.clock?.set(offset);
  tally.add(`clock jump${live.has(build.name) ? ' in the middle of a run' : ''}`);
}
