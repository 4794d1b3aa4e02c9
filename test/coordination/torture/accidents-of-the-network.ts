import { setTimeout as sleep } from 'node:timers/promises';
import type { Cut, Machine } from '../../support/machines.js';
import type { Random } from '../../support/random.js';
import type { Build, Scene } from './scene.js';

/** Between a host and some of the members, or all: in both directions, or only that of the answers. */
export function cutOfHost(scene: Scene, { host, name }: Build): void {
  const { random, cluster, machines, live, troubles, tally } = scene;
  if (machines === undefined) return;
  const end = machines.get(host.name);
  const first = random.below(3);
  const isOfAll = random.chance(0.6);
  const away = cluster.members.filter((_, index) => isOfAll || index === first || random.chance(0.3));
  const isOfAnswers = random.chance(0.35);
  const how = random.chance(0.8) ? 'blackhole' : 'unreachable';
  const ms = random.chance(0.75) ? 100 + random.next() * 2500 : 7000 + random.next() * 5000;
  const cuts = away.flatMap((member): Cut[] => {
    const there = machines.get(member.name);
    const answers = { from: there, to: end, how } as const;
    return isOfAnswers ? [answers] : [answers, { from: end, to: there, how }];
  });
  troubles.begin([`network of ${host.name}`], async () => {
    const what = isOfAnswers ? 'answers lost' : how === 'blackhole' ? 'packets dropped' : 'unreachable';
    const where = `${live.has(name) ? 'running ' : ''}host and ${isOfAll ? 'all' : 'some'} members`;
    tally.add(`cut of ${where}: ${what}${ms > 7000 ? ', for longer than a lease is good' : ''}`);
    await lasting(scene, cuts, ms);
  });
}

/** One member hears no other one any more, or not one of them, or they do not hear it. */
export function cutBetweenMembers(scene: Scene): void {
  const { random, cluster, machines, troubles, tally } = scene;
  if (machines === undefined) return;
  const [alone, ...others] = shuffled(cluster.members, random).map(({ name }) => machines.get(name));
  if (alone === undefined) return;
  const away = random.chance(0.7) ? others : others.slice(0, 1);
  const direction = random.pick(['both', 'both', 'in', 'out'] as const);
  const ms = 300 + random.next() * 4000;
  const cuts = away.flatMap((other: Machine): Cut[] => [
    ...(direction === 'out' ? [] : [{ from: other, to: alone, how: 'blackhole' as const }]),
    ...(direction === 'in' ? [] : [{ from: alone, to: other, how: 'blackhole' as const }]),
  ]);
  troubles.begin(['network of members'], async () => {
    tally.add(`cut of a member and ${away.length} others${direction === 'both' ? '' : ', in one direction'}`);
    await lasting(scene, cuts, ms);
  });
}

async function lasting({ machines }: Scene, cuts: readonly Cut[], ms: number): Promise<void> {
  for (const cut of cuts) await machines?.cut(cut);
  await sleep(ms);
  for (const cut of cuts) await machines?.heal(cut);
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => [random.next(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item);
}
