import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { Cluster, noEtcd } from '../etcd/members.js';
import { Machines, noMachines } from '../support/machines.js';
import { Random } from '../support/random.js';
import { type Ended, type Running, stagelock } from '../system/programs.js';
import { follower, Hosts, primary } from './hosts.js';
import { strike } from './torture/accidents.js';
import { makeRoom, QUOTA } from './torture/accidents-of-storage.js';
import { Chronicle } from './torture/chronicle.js';
import { Clock, noClock } from './torture/clock.js';
import { judge } from './torture/oracle.js';
import { type Build, clear, type Scene } from './torture/scene.js';
import { Tally } from './torture/tally.js';
import { Troubles } from './torture/troubles.js';

/*
 * A primary and two followers on three hosts, three members of etcd. In each schedule builds run, and what can go wrong does, at moments
 * that a seed decides: runs and members are killed and stopped, a person clears what died and what only seems to be dead, packets
 * between hosts and members are dropped, the clock of a host jumps, the history of keys is forgotten, disks are full. Afterwards an oracle
 * outside looks at what was built, by a file that the stages themselves have written, at what etcd says of it, and at each change that
 * etcd's own client has seen there meanwhile.
 */

const SCHEDULES = Number(process.env['STAGELOCK_SCHEDULES'] ?? 2);
const SEED = Number(process.env['STAGELOCK_TORTURE_SEED'] ?? Date.now() % 1_000_000);
const STEPS = 14;
const FOLLOWERS = ['beta', 'gamma'] as const;
const MEMBERS = ['m1', 'm2', 'm3'] as const;

/** A stage that writes down when it begins and ends, on the same machine's clock, and what it has read. */
const WORK =
  'unset LD_PRELOAD; before=$(cat ../source/latest); echo "begin $STAGELOCK_BUILD $$ $(date +%s%N) $before" >> ../../witness; sleep 0.$(( $$ % 7 )); after=$(cat ../source/latest); echo "end $STAGELOCK_BUILD $$ $(date +%s%N) $after" >> ../../witness; [ "$before" = "$after" ]';

const tally = new Tally();
afterAll(() => {
  if (noMachines !== undefined) process.stdout.write(`no cuts of networks and no full disks: ${noMachines}\n`);
  if (noClock !== undefined) process.stdout.write(`no jumps of clocks: ${noClock}\n`);
  process.stdout.write(`${tally}\n`);
});

describe.skipIf(noEtcd !== undefined)(`a line of builds under attack, seed ${SEED} (${noEtcd ?? 'real etcd'})`, () => {
  for (let index = 0; index < SCHEDULES; index++) {
    test(`schedule ${SEED + index}`, { timeout: 240_000 }, async () => {
      const began = performance.now();
      try {
        await schedule(new Random(SEED + index));
        tally.add('schedule passed');
      } catch (error) {
        // At once: the others may take an hour.
        console.log(`schedule ${SEED + index}: ${error instanceof Error ? error.stack : error}`);
        tally.add('schedule FAILED');
        throw error;
      } finally {
        tally.add('seconds', Math.round((performance.now() - began) / 1000));
      }
    });
  }
});

async function schedule(random: Random): Promise<void> {
  const machines = noMachines === undefined ? await Machines.start(['trunk', ...FOLLOWERS, ...MEMBERS]) : undefined;
  let cluster: Cluster | undefined;
  try {
    cluster = await Cluster.start({
      members: 3,
      machines: machines && MEMBERS.map((name) => machines.get(name)),
      more: ['--quota-backend-bytes', String(QUOTA)],
    });
    await inCluster(random, cluster, machines);
  } finally {
    await cluster?.stop();
    await machines?.stop();
  }
}

async function inCluster(random: Random, cluster: Cluster, machines: Machines | undefined): Promise<void> {
  const hosts = new Hosts(cluster.endpoints, { requestTimeout: '3 s' });
  const live = new Map<string, Running>();
  const etcd = cluster.client();
  const story: string[] = [];
  const troubles = new Troubles();
  let chronicle: Chronicle | undefined;
  try {
    const withClock = random.pick(['trunk', ...FOLLOWERS]);
    const build = (name: string, tables: string): Build => {
      const host = hosts.host(name, tables);
      return { name, host, clock: noClock === undefined && name === withClock ? new Clock(host.root) : undefined };
    };
    const builds = [
      build('trunk', primary('trunk', '', WORK)),
      ...FOLLOWERS.map((name) => build(name, follower(name, 'trunk', 'update_timeout = "5 s"', WORK))),
    ];
    chronicle = new Chronicle(etcd, cluster.endpoints, hosts.coordination.prefix);
    const broken = new Set<string>();
    const parts = { cluster, etcd, machines, hosts, builds, live, broken, chronicle, troubles };
    const scene = { ...parts, random, tally, story };
    const [trunk] = builds;
    if (trunk !== undefined) expect((await stagelock(trunk.host, ['run', 'trunk'])).code).toBe(0);
    for (let step = 0; step < STEPS; step++) {
      if (random.chance(0.5)) hosts.commit();
      await strike(scene);
    }
    await calm(scene);
    await judge(scene);
  } catch (error) {
    console.log(story.join('\n'));
    throw error;
  } finally {
    await troubles.over().catch(() => undefined);
    for (const run of live.values()) run.kill('SIGKILL');
    chronicle?.stop();
    hosts.remove();
  }
}

/** The attack is over: everything is there again, a person clears what is left, and each build runs once more. */
async function calm(scene: Scene): Promise<void> {
  const { cluster, live, troubles, builds } = scene;
  await troubles.over();
  for (const member of cluster.members) {
    member.resume();
    if (!member.running) await member.start();
  }
  if ((await cluster.control(['alarm', 'list'])).trim() !== '') await makeRoom(scene);
  for (const run of live.values()) run.kill('SIGCONT');
  for (const run of live.values()) await run.ended;
  // First of all builds: the mark of a dead follower keeps its primary from updating.
  for (const build of builds) if (scene.broken.has(build.name)) await clear(scene, build);
  const [trunk, ...followers] = builds;
  if (trunk !== undefined) await untilCurrent(scene, trunk);
  await Promise.all(followers.map((build) => untilCurrent(scene, build)));
}

async function untilCurrent(scene: Scene, build: Build): Promise<void> {
  const { host, name, clock } = build;
  let ended: Ended | undefined;
  for (let attempt = 0; attempt < 12; attempt++) {
    if (attempt > 0 || scene.broken.has(name)) await clear(scene, build);
    ended = await stagelock(host, ['run', name], { environment: clock?.environment ?? {} });
    if (ended.code === 0) return;
    await sleep(300);
  }
  const log = readFileSync(join(host.root, `${name}.log`), 'utf8').slice(-3000);
  throw new Error(`${name} does not come to its end: ${JSON.stringify(ended)}\n${log}`);
}
