import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Keys } from '../../src/coordination/keys.js';
import { beginSharedFiring } from '../../src/coordination/shared-firings.js';
import { CuttingProxy } from '../etcd/cutting-proxy.js';
import { Cluster, noEtcd } from '../etcd/members.js';
import { Hosts, primary } from './hosts.js';

describe.skipIf(noEtcd !== undefined)(`a firing of the schedulers of several hosts (${noEtcd ?? 'real etcd'})`, () => {
  let cluster: Cluster;
  let hosts: Hosts;
  beforeAll(async () => {
    cluster = await Cluster.start();
    hosts = new Hosts(cluster.endpoints);
    hosts.host('alpha', primary('trunk'));
  });
  afterAll(async () => {
    hosts.remove();
    await cluster.stop();
  });

  test('is run by one of those who come, however many come at once and later', async () => {
    const begin = () => beginSharedFiring(hosts.coordination, 'trunk', '20261128T1510Z');
    const begun = await Promise.all(Array.from({ length: 20 }, begin));
    expect(begun.filter((isOurs) => isOurs)).toHaveLength(1);
    expect(await begin()).toBe(false);
    expect(await beginSharedFiring(hosts.coordination, 'trunk', '20261128T1511Z')).toBe(true);
    expect(await beginSharedFiring(hosts.coordination, 'other', '20261128T1510Z')).toBe(true);
  });

  test('is remembered for two days after the last one of its day, by one lease for all of them', async () => {
    const etcd = cluster.client();
    const keys = new Keys(hosts.coordination.prefix);
    const leaseOf = async (firing: string) => (await etcd.get(keys.firing('night', firing)))?.lease ?? '';
    const names = ['20261128T1510Z', '20261128T2350Z', 'change-20261128T151000123Z', '20261129T0000Z'];
    await Promise.all(names.map((name) => beginSharedFiring(hosts.coordination, 'night', name)));
    const leases = await Promise.all(names.map(leaseOf));
    expect(leases[1]).toBe(leases[0]);
    // The days of what is watched, of another day, of another build.
    expect(new Set(leases).size).toBe(3);
    await beginSharedFiring(hosts.coordination, 'day', '20261128T1510Z');
    expect(leases).not.toContain((await etcd.get(keys.firing('day', '20261128T1510Z')))?.lease);

    const left = async () => (await etcd.timeToLive(leases[0] ?? ''))?.remainingS ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 2100));
    expect(await left()).toBeLessThan(48 * 3600 - 1);
    expect(await beginSharedFiring(hosts.coordination, 'night', '20261128T2355Z')).toBe(true);
    expect(await left()).toBeGreaterThanOrEqual(48 * 3600 - 1);
    // One that was lost is made anew.
    await etcd.revoke(leases[0] ?? '');
    expect(await beginSharedFiring(hosts.coordination, 'night', '20261128T2356Z')).toBe(true);
    expect(await leaseOf('20261128T2356Z')).toBe(leases[0]);
  });

  test('is known to be ours also where the answer was lost', async () => {
    const proxy = await CuttingProxy.before(cluster.endpoints[0] ?? '');
    let lost = 0;
    proxy.loses = (request) => request.includes('/v3/kv/txn') && ++lost === 1;
    const coordination = { ...hosts.coordination, endpoints: [proxy.endpoint], requestTimeoutMs: 1000 };
    expect(await beginSharedFiring(coordination, 'trunk', '20261128T1512Z')).toBe(true);
    expect(lost).toBe(2);
    expect(await beginSharedFiring(hosts.coordination, 'trunk', '20261128T1512Z')).toBe(false);
    await proxy.close();
  });

  test('is not spent while etcd is away', async () => {
    const away = { ...hosts.coordination, endpoints: ['http://127.0.0.1:9'], requestTimeoutMs: 500 };
    await expect(beginSharedFiring(away, 'trunk', '20261128T1513Z')).rejects.toThrow('127.0.0.1:9');
    expect(await beginSharedFiring(hosts.coordination, 'trunk', '20261128T1513Z')).toBe(true);
  });
});
