import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { bootMs } from '../../src/host/boot-clock.js';
import { clearInEtcd, locksInEtcd } from '../../src/stages/locks-in-etcd.js';
import { Cluster, noEtcd } from '../etcd/members.js';
import { until } from '../support/until.js';
import { follower, type HostOf, Hosts, primary } from './hosts.js';

const HELD = 'echo x >> ../built; touch ../begun; while [ ! -e ../go ]; do sleep 0.05; done; touch ../ended';
const LEASE_MS = 10_000;

describe.skipIf(noEtcd !== undefined)(`a run that cannot reach etcd any more (${noEtcd ?? 'real etcd'})`, () => {
  let cluster: Cluster | undefined;
  let hosts: Hosts | undefined;
  afterEach(async () => {
    hosts?.remove();
    await cluster?.stop();
  });

  async function make(members: 1 | 3): Promise<{ cluster: Cluster; hosts: Hosts }> {
    cluster = await Cluster.start({ members });
    hosts = new Hosts(cluster.endpoints, { requestTimeout: '2 s' });
    return { cluster, hosts };
  }
  const begun = (host: HostOf): Promise<void> => until('the stage', () => existsSync(join(host.root, 'begun')));
  const locksHere = (host: HostOf, build: string): string[] =>
    readdirSync(join(host.root, build, 'Testing', 'Temporary')).filter((name) => ['running', 'build'].includes(name));

  test('ends its stage before its lease is over, and its locks stay', { timeout: 60_000 }, async () => {
    const { cluster, hosts } = await make(1);
    const alpha = hosts.host('alpha', primary('trunk', '', HELD));
    const building = alpha.run('trunk');
    await begun(alpha);
    const [member] = cluster.members;
    await member?.kill();
    const killedMs = bootMs();
    const result = await building;
    expect(bootMs() - killedMs).toBeLessThan(LEASE_MS);
    expect(result).toMatchObject({ kind: 'cut-off', loss: { kind: 'silence' } });
    expect(existsSync(join(alpha.root, 'ended'))).toBe(false);
    expect(locksHere(alpha, 'trunk')).toEqual(['build', 'running']);

    await member?.start();
    // Until then the run may be alive for all that others know.
    await until(
      'the lease to run out',
      async () => {
        const seen = await locksInEtcd(hosts.coordination, 'trunk');
        return seen.kind === 'seen' && seen.locks.every(({ judgement }) => judgement.fate === 'dead');
      },
      LEASE_MS + 20_000,
    );
    const seen = await locksInEtcd(hosts.coordination, 'trunk');
    expect(seen).toMatchObject({ kind: 'seen', locks: [{ name: 'build' }, { name: 'running' }] });
    if (seen.kind === 'seen') await clearInEtcd(hosts.coordination, 'trunk', seen.locks, 'a test');
    expect(await locksInEtcd(hosts.coordination)).toEqual({ kind: 'seen', locks: [] });
  });

  test('goes on when a member is gone and the others are a majority', { timeout: 60_000 }, async () => {
    const { cluster, hosts } = await make(3);
    const alpha = hosts.host('alpha', primary('trunk', '', HELD));
    const beta = hosts.host('beta', follower('beta-gcc', 'trunk'));
    const building = alpha.run('trunk');
    await begun(alpha);
    await cluster.members[0]?.kill();
    await new Promise((resolve) => setTimeout(resolve, LEASE_MS));
    writeFileSync(join(alpha.root, 'go'), '');
    expect((await building).kind).toBe('done');
    expect((await beta.run('beta-gcc')).kind).toBe('done');
    expect(beta.built()).toEqual(['1']);
  });

  test('goes on after an outage that was shorter than its lease', { timeout: 60_000 }, async () => {
    const { cluster, hosts } = await make(1);
    const alpha = hosts.host('alpha', primary('trunk', '', HELD));
    const building = alpha.run('trunk');
    await begun(alpha);
    const [member] = cluster.members;
    await member?.kill();
    writeFileSync(join(alpha.root, 'go'), '');
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await member?.start();
    expect((await building).kind).toBe('done');
    expect(await locksInEtcd(hosts.coordination)).toEqual({ kind: 'seen', locks: [] });
  });
});
