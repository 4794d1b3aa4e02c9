import { setTimeout as sleep } from 'node:timers/promises';
import { Keys } from '../../../src/coordination/keys.js';
import type { Etcd } from '../../../src/etcd/etcd.js';
import type { Cluster } from '../../etcd/members.js';
import type { Machines } from '../../support/machines.js';
import type { Random } from '../../support/random.js';
import { type Ended, type Running, stagelock, start } from '../../system/programs.js';
import type { HostOf, Hosts } from '../hosts.js';
import type { Chronicle } from './chronicle.js';
import type { Clock } from './clock.js';
import type { Tally } from './tally.js';
import type { Troubles } from './troubles.js';

/** A build, on a host of its own. */
export interface Build {
  readonly name: string;
  readonly host: HostOf;
  /** That of its host, if it can be set. */
  readonly clock: Clock | undefined;
}

/** All that takes part in a schedule. */
export interface Scene {
  readonly random: Random;
  readonly cluster: Cluster;
  /** A client that no accident befalls but those of members. */
  readonly etcd: Etcd;
  /** One for each host and for each member, by their names; undefined where there can be none. */
  readonly machines: Machines | undefined;
  readonly hosts: Hosts;
  readonly builds: readonly Build[];
  /** The runs that are there, by the names of their builds. */
  readonly live: Map<string, Running>;
  /** Builds whose last run has not ended well. */
  readonly broken: Set<string>;
  readonly chronicle: Chronicle;
  readonly troubles: Troubles;
  readonly tally: Tally;
  /** What has happened, for a person who looks at a failure. */
  readonly story: string[];
}

/** Begins a run of a build on its host. */
export function begin({ machines, live, broken, tally, story }: Scene, { name, host, clock }: Build): void {
  const within = machines?.get(host.name).within ?? [];
  const run = start(host, ['run', name], { within, environment: clock?.environment ?? {} });
  live.set(name, run);
  void run.ended.then(({ code, stderr }) => {
    live.delete(name);
    if (code !== 0) broken.add(name);
    story.push(`  run of ${name} ended: ${code} ${stderr}`);
    tally.add(`run: exit ${code ?? 'by a signal'}${stderr.includes('ended in its middle') ? ', cut off' : ''}`);
  });
}

/** Waits until the run that is there has begun in etcd, or has ended, or needs too long for it. */
export async function untilBegun({ hosts, live, chronicle }: Scene, { name }: Build): Promise<void> {
  const key = new Keys(hosts.coordination.prefix).lock(name, 'running');
  const run = live.get(name);
  for (const end = performance.now() + 6000; performance.now() < end && live.get(name) === run; await sleep(20))
    if (chronicle.events.findLast((event) => event.key === key)?.kind === 'put') return;
}

/** A person, who knows that the run is dead, and who is where the network is whole. */
export async function clear({ broken }: Scene, { host, name }: Build): Promise<void> {
  let ended: Ended | undefined;
  for (let attempt = 0; attempt < 30; attempt++) {
    ended = await stagelock(host, ['unlock', name, '--yes', '--force']);
    if (ended.code === 0) return void broken.delete(name);
    await sleep(300);
  }
  throw new Error(`the locks of ${name} cannot be cleared: ${JSON.stringify(ended)}`);
}
