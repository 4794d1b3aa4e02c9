import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Etcd } from '../../src/etcd/etcd.js';
import { until } from '../support/until.js';
import { CuttingProxy } from './cutting-proxy.js';
import { Cluster, noEtcd } from './members.js';

const put = (etcd: Etcd, key: string, value = '') => etcd.transact({ compare: [], then: [{ put: key, value }] });

/** Follows a prefix until {@link end}. */
class Follower {
  readonly changes: string[] = [];
  readonly revisions: string[] = [];
  resets = 0;
  readonly #ending = new AbortController();
  readonly #followed: Promise<void>;

  constructor(etcd: Etcd, prefix: string, from?: string) {
    this.#followed = etcd.watch(prefix, {
      ...(from !== undefined && { from }),
      signal: this.#ending.signal,
      onEvents: (events, revision) => {
        for (const { kind, entry } of events) this.changes.push(`${kind} ${entry.key.slice(prefix.length)}`);
        this.revisions.push(revision);
      },
      onReset: () => {
        this.resets++;
      },
    });
  }

  end(): Promise<void> {
    this.#ending.abort();
    return this.#followed;
  }
}

describe.skipIf(noEtcd !== undefined)(`a watch${noEtcd === undefined ? '' : ` (${noEtcd})`}`, () => {
  let cluster: Cluster;
  let etcd: Etcd;
  const followers: Follower[] = [];

  const follow = (client: Etcd, prefix: string, from?: string): Follower => {
    const follower = new Follower(client, prefix, from);
    followers.push(follower);
    return follower;
  };

  beforeAll(async () => {
    cluster = await Cluster.start({ members: 3 });
    etcd = cluster.client();
  });
  afterEach(async () => {
    for (const follower of followers.splice(0)) await follower.end();
  });
  afterAll(() => cluster.stop());

  test('gets what is put and removed below its prefix, from a revision on', async () => {
    const { revision } = await put(etcd, '/watch/a/1');
    await put(etcd, '/watch/a0');
    const follower = follow(etcd, '/watch/a/', revision);
    await put(etcd, '/watch/a/2', 'ä');
    const last = await etcd.transact({ compare: [], then: [{ removePrefix: '/watch/a/' }] });
    await until('its changes', () => follower.changes.length >= 4);
    expect(follower.changes).toEqual(['put 1', 'put 2', 'removed 1', 'removed 2']);
    expect(follower.revisions.at(-1)).toBe(last.revision);
    expect(follower.resets).toBe(0);
  });

  test('ends when it is to, also before it has begun', async () => {
    const follower = new Follower(etcd, '/watch/b/');
    await follower.end();
    const other = new Follower(etcd, '/watch/b/');
    await sleep(300);
    await other.end();
  });

  test('goes on at another member when its own is killed, without a gap', async () => {
    const client = cluster.client();
    const { revision } = await put(client, '/watch/c/0');
    const follower = follow(client, '/watch/c/', revision);
    await until('the first', () => follower.changes.length === 1);
    // The watch is with the member that answered last, which is the first in the list.
    const [first] = cluster.members;
    await first?.kill();
    for (const n of [1, 2, 3]) await put(etcd, `/watch/c/${n}`).catch(() => put(etcd, `/watch/c/${n}`));
    await until('the others', () => follower.changes.includes('put 3'), 30_000);
    expect([...new Set(follower.changes)]).toEqual(['put 0', 'put 1', 'put 2', 'put 3']);
    await first?.start();
  });

  test('leaves a member that hangs', async () => {
    const [first] = cluster.members;
    const client = cluster.client({ endpoints: cluster.endpoints, requestTimeoutMs: 1500 });
    const { revision } = await put(client, '/watch/d/0');
    const follower = follow(client, '/watch/d/', revision);
    await until('the first', () => follower.changes.length === 1);
    first?.pause();
    try {
      const other = cluster.client({ endpoints: cluster.endpoints.slice(1), requestTimeoutMs: 10_000 });
      await put(other, '/watch/d/1').catch(() => {});
      await until('the change', () => follower.changes.includes('put 1'), 30_000);
    } finally {
      first?.resume();
    }
  });

  test('begins anew when what it missed is forgotten', async () => {
    const proxy = await CuttingProxy.before(cluster.endpoints[0] ?? '');
    const client = cluster.client({ endpoints: [proxy.endpoint] });
    const { revision } = await put(client, '/watch/e/0');
    const follower = follow(client, '/watch/e/', revision);
    await until('the first', () => follower.changes.length === 1);
    proxy.down = true;
    for (const n of [1, 2, 3, 4]) await put(etcd, `/watch/e/${n}`);
    const last = await put(etcd, '/watch/e/5');
    cluster.ctl(['compact', last.revision]);
    expect(follower).toMatchObject({ changes: ['put 0'], resets: 0 });
    proxy.down = false;
    await until('the reset', () => follower.resets === 1);
    await put(etcd, '/watch/e/6');
    await until('what follows', () => follower.changes.includes('put 6'));
    expect(follower.changes).toEqual(['put 0', 'put 5', 'put 6']);
    expect(follower.resets).toBe(1);
    await follower.end();
    await proxy.close();
  });

  test('gets thousands of changes in order, each once', async () => {
    const { revision } = await put(etcd, '/watch/f/begin');
    const names = Array.from({ length: 2500 }, (_, index) => String(index).padStart(5, '0'));
    for (let at = 0; at < names.length; at += 100) {
      await Promise.all(names.slice(at, at + 100).map((name) => put(etcd, `/watch/f/${name}`)));
    }
    const follower = follow(etcd, '/watch/f/', String(Number(revision) + 1));
    await until('all of them', () => follower.changes.length >= names.length, 30_000);
    expect([...follower.changes].sort()).toEqual(names.map((name) => `put ${name}`));
    expect(follower.revisions.map(Number)).toEqual([...follower.revisions.map(Number)].sort((a, b) => a - b));
  });
});
