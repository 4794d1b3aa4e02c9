import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { Keys } from '../../src/coordination/keys.js';
import { LineJournal } from '../../src/coordination/line-journal.js';
import { Cluster, noEtcd } from '../etcd/members.js';
import { Random } from '../support/random.js';
import { type Ended, type Running, stagelock, start } from '../system/programs.js';
import { follower, type HostOf, Hosts, primary } from './hosts.js';

/*
 * A primary and two followers on three hosts, three members of etcd. In each schedule builds run, and runs and members are killed
 * and stopped, at moments that a seed decides; a person clears what died. Afterwards an oracle outside looks at what was built,
 * by a file that the stages themselves have written, and at what etcd says of it.
 */

const SCHEDULES = Number(process.env['STAGELOCK_SCHEDULES'] ?? 2);
const SEED = Number(process.env['STAGELOCK_TORTURE_SEED'] ?? Date.now() % 1_000_000);
const STEPS = 14;
const FOLLOWERS = ['beta', 'gamma'] as const;

/** A stage that writes down when it begins and ends, on the same machine's clock, and what it has read. */
const WORK =
  'before=$(cat ../source/latest); echo "begin $STAGELOCK_BUILD $$ $(date +%s%N) $before" >> ../../witness; sleep 0.$(( $$ % 4 )); after=$(cat ../source/latest); echo "end $STAGELOCK_BUILD $$ $(date +%s%N) $after" >> ../../witness; [ "$before" = "$after" ]';

interface Witnessed {
  readonly what: string;
  readonly build: string;
  readonly pid: string;
  readonly at: bigint;
  readonly latest: string;
}

function witnessed(hosts: Hosts): Witnessed[] {
  const file = join(hosts.root, 'witness');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [what = '', build = '', pid = '', at = '0', latest = ''] = line.split(' ');
      return { what, build, pid, at: BigInt(at), latest };
    });
}

describe.skipIf(noEtcd !== undefined)(`a line of builds under attack, seed ${SEED} (${noEtcd ?? 'real etcd'})`, () => {
  for (let index = 0; index < SCHEDULES; index++) {
    test(`schedule ${SEED + index}`, { timeout: 240_000 }, async () => {
      await schedule(new Random(SEED + index)).catch((error: unknown) => {
        // At once: the others may take an hour.
        console.log(`schedule ${SEED + index}: ${error instanceof Error ? error.stack : error}`);
        throw error;
      });
    });
  }
});

/** What has been done and how runs ended, so that a schedule that attacks nothing is seen. */
const tally = new Map<string, number>();
afterAll(() => process.stdout.write(`${[...tally].map(([what, count]) => `${what}: ${count}`).join(', ')}\n`));
const count = (what: string): unknown => tally.set(what, (tally.get(what) ?? 0) + 1);

async function schedule(random: Random): Promise<void> {
  const cluster = await Cluster.start({ members: 3 });
  const hosts = new Hosts(cluster.endpoints, { requestTimeout: '3 s' });
  const live = new Map<string, Running>();
  try {
    const alpha = hosts.host('alpha', primary('trunk', '', WORK));
    const others = FOLLOWERS.map((name) => hosts.host(name, follower(name, 'trunk', 'update_timeout = "5 s"', WORK)));
    const all: readonly (readonly [HostOf, string])[] = [
      [alpha, 'trunk'],
      ...others.map((host) => [host, host.name] as const),
    ];
    expect((await stagelock(alpha, ['run', 'trunk'])).code).toBe(0);
    for (let step = 0; step < STEPS; step++) {
      if (random.next() < 0.5) hosts.commit();
      await strike(random, cluster, all, live);
    }
    // The attack is over: everything is there again, a person clears what is left, and each build runs until it has no news.
    for (const member of cluster.members) {
      member.resume();
      if (!member.running) await member.start();
    }
    for (const run of live.values()) run.kill('SIGCONT');
    for (const run of live.values()) await run.ended;
    for (const [host, name] of all) await untilCurrent(host, name);
    for (const [host, name] of all.slice(1)) await untilCurrent(host, name);
    await judge(hosts, all, cluster);
  } finally {
    for (const run of live.values()) run.kill('SIGKILL');
    await cluster.stop();
    hosts.remove();
  }
}

/** One thing that happens. */
async function strike(
  random: Random,
  cluster: Cluster,
  all: readonly (readonly [HostOf, string])[],
  live: Map<string, Running>,
): Promise<void> {
  const [host, name] = random.pick(all);
  const chance = random.next();
  const run = live.get(name);
  if (chance < 0.5 || run === undefined) {
    if (run !== undefined) return;
    const started = start(host, ['run', name]);
    live.set(name, started);
    void started.ended.then(({ code, stderr }) => {
      live.delete(name);
      count(`exit ${code}${stderr.includes('ended in its middle') ? ' cut off' : ''}`);
    });
    await sleep(random.next() * 900);
  } else if (chance < 0.65) {
    await sleep(random.next() * 500);
    run.kill('SIGKILL');
    count('killed');
    await run.ended;
    await clear(host, name);
  } else if (chance < 0.8) {
    // Stopped, taken for dead by a person, and it goes on afterwards.
    run.kill('SIGSTOP');
    count('stopped');
    await sleep(random.next() * 300);
    await stagelock(random.pick(all)[0], ['unlock', name, '--yes', '--force']);
    await sleep(random.next() * 300);
    run.kill('SIGCONT');
    await run.ended;
    await clear(host, name);
  } else {
    await outage(random, cluster);
  }
}

/** One member, or now and then a majority for a moment. */
async function outage(random: Random, cluster: Cluster): Promise<void> {
  const first = Math.floor(random.next() * 3);
  const struck = cluster.members.filter((_, index) => index === first || random.next() < 0.3);
  count(`${struck.length} of 3 members`);
  if (random.next() < 0.5) {
    for (const member of struck) member.pause();
    await sleep(random.next() * 1500);
    for (const member of struck) member.resume();
    return;
  }
  await Promise.all(struck.map((member) => member.kill()));
  await sleep(random.next() * 800);
  await Promise.all(struck.map((member) => member.start()));
}

/** A person, who knows that the run is dead. */
async function clear(host: HostOf, name: string): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const ended = await stagelock(host, ['unlock', name, '--yes', '--force']);
    if (ended.code === 0) return;
    await sleep(300);
  }
  throw new Error(`the locks of ${name} cannot be cleared`);
}

async function untilCurrent(host: HostOf, name: string): Promise<void> {
  let ended: Ended | undefined;
  for (let attempt = 0; attempt < 12; attempt++) {
    await clear(host, name);
    ended = await stagelock(host, ['run', name]);
    // Twice: the second one has nothing to build.
    if (ended.code === 0 && (await stagelock(host, ['run', name])).code === 0) return;
    await sleep(300);
  }
  throw new Error(`${name} does not come to its end: ${JSON.stringify(ended)}`);
}

/** What must hold, whatever happened. */
async function judge(hosts: Hosts, all: readonly (readonly [HostOf, string])[], cluster: Cluster): Promise<void> {
  const etcd = cluster.client();
  const keys = new Keys(hosts.coordination.prefix);
  const journal = new LineJournal(etcd, keys, 'trunk');
  const head = await journal.head();
  const records = await journal.after(0);
  // The journal is one chain to the newest commit, in all journals the same.
  expect(records.map(({ sequence }) => sequence)).toEqual(records.map((_, index) => index + 1));
  for (const [index, record] of records.entries())
    if (index > 0) expect(record.prior).toBe(records[index - 1]?.revision);
  const commits = records.flatMap(({ changes }) => changes.map(({ log }) => log.trim()));
  expect(commits).toEqual(Array.from({ length: hosts.commits - 1 }, (_, index) => `commit ${index + 2}`));
  for (const [host, name] of all) {
    for (const { sequence, revision } of records) {
      const file = join(host.root, name, 'Testing', 'Updates', `${String(sequence).padStart(8, '0')}.json`);
      // A follower begins with the record that was the newest then.
      if (existsSync(file)) expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ sequence, revision });
    }
  }
  // Each has come to the end, in etcd and on its host.
  const cursors = await journal.cursors();
  for (const [host, name] of all) {
    expect(cursors.get(name)).toBe(head?.sequence);
    const cursor = join(host.root, name, 'Testing', 'Updates', 'cursors', `${name}.json`);
    expect(JSON.parse(readFileSync(cursor, 'utf8'))).toMatchObject({ record: head?.sequence, completed: true });
  }
  expect((await etcd.list(keys.locks)).entries).toEqual([]);
  await expectOrder(hosts);
}

/** No stage saw its source change, no build ran twice at once, and what a build saw never went back. */
async function expectOrder(hosts: Hosts): Promise<void> {
  const lines = witnessed(hosts);
  const builds = new Set(lines.map(({ build }) => build));
  for (const build of builds) {
    const own = lines.filter((line) => line.build === build);
    let seen = 0;
    for (const begin of own.filter(({ what }) => what === 'begin')) {
      const end = own.find(({ what, pid, at }) => what === 'end' && pid === begin.pid && at >= begin.at);
      if (end !== undefined) expect(end.latest).toBe(begin.latest);
      const inside = own.filter(
        ({ what, pid, at }) =>
          what === 'begin' && pid !== begin.pid && at > begin.at && end !== undefined && at < end.at,
      );
      expect(inside).toEqual([]);
      expect(Number(begin.latest)).toBeGreaterThanOrEqual(seen);
      seen = Number(begin.latest);
    }
  }
  writeFileSync(join(hosts.root, 'witness'), '');
}
