import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Keys } from '../../src/coordination/keys.js';
import { type Acquisition, NamedLock, type Wanted } from '../../src/coordination/named-lock.js';
import { Presence } from '../../src/coordination/presence.js';
import { type ClaimKind, waitsFor } from '../../src/coordination/queue-of-claims.js';
import { SharedWatch } from '../../src/coordination/removals.js';
import { CuttingProxy } from '../etcd/cutting-proxy.js';
import { Cluster, noEtcd } from '../etcd/members.js';
import { until } from '../support/until.js';

const EXCLUSIVE: ClaimKind = { kind: 'exclusive' };
const SHARED: ClaimKind = { kind: 'shared' };

test('whatever the queue, what holds a lock together may do so, and its oldest claim holds it', () => {
  const kind = fc.oneof(
    fc.constant(EXCLUSIVE),
    fc.constant(SHARED),
    fc.integer({ min: 1, max: 4 }).map((slots): ClaimKind => ({ kind: 'slot', slots })),
  );
  fc.assert(
    fc.property(fc.array(kind, { minLength: 1, maxLength: 12 }), (kinds) => {
      const queue = kinds.map((claim, index) => ({ key: `k${index}`, claim }));
      const holders = queue.filter(({ key }) => waitsFor(queue, key) === undefined);
      expect(holders[0]).toBe(queue[0]);
      if (holders.some(({ claim }) => claim.kind === 'exclusive')) expect(holders).toHaveLength(1);
      for (const holder of holders) {
        // None is held beside more than it allows, of those that came before it.
        if (holder.claim.kind === 'slot') expect(queue.indexOf(holder)).toBeLessThan(holder.claim.slots);
      }
      // No claim overtakes one that wants the lock alone.
      const alone = queue.findIndex(({ claim }) => claim.kind === 'exclusive');
      if (alone > 0) expect(holders.every((holder) => queue.indexOf(holder) < alone)).toBe(true);
    }),
  );
});

describe.skipIf(noEtcd !== undefined)(`locks by name in etcd (${noEtcd ?? 'real etcd'})`, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(async () => cluster.stop());

  let prefixes = 0;
  const fresh = (): Keys => new Keys(`/n/${++prefixes}`);
  const claimant = { host: 'h', pid: 1, user: 'u', command: 'c', since: '' };
  const never = new AbortController().signal;
  function acquire(keys: Keys, more: Partial<Wanted> = {}, etcd = cluster.client()): Promise<Acquisition> {
    const wanted = { name: 'a/ü b', claim: EXCLUSIVE, claimant, leaseMs: 10_000, timeoutMs: 20_000, signal: never };
    return NamedLock.acquire(etcd, keys, { ...wanted, ...more });
  }
  async function held(keys: Keys, more: Partial<Wanted> = {}, etcd = cluster.client()): Promise<NamedLock> {
    const acquisition = await acquire(keys, more, etcd);
    if (acquisition.kind !== 'acquired') throw new Error(acquisition.kind);
    return acquisition.lock;
  }

  test('one holds it, the others wait in the order in which they came, with growing tokens', async () => {
    const keys = fresh();
    const order: number[] = [];
    const tokens: bigint[] = [];
    let inside = 0;
    const first = await held(keys);
    const waiting: Promise<void>[] = [];
    for (let index = 0; index < 8; index++) {
      let queued = (): void => undefined;
      const isQueued = new Promise<void>((resolve) => {
        queued = resolve;
      });
      waiting.push(
        held(keys, { onWaiting: () => queued() }).then(async (lock) => {
          expect(++inside).toBe(1);
          order.push(index);
          tokens.push(BigInt(lock.token));
          inside--;
          expect(await lock.release()).toBe('released');
        }),
      );
      await isQueued;
    }
    expect(await first.release()).toBe('released');
    await Promise.all(waiting);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(tokens).toEqual(tokens.toSorted((a, b) => (a < b ? -1 : 1)));
    expect((await cluster.client().list(`${keys.prefix}/`)).entries).toEqual([]);
  });

  test('sharers hold it together; one that wants it alone waits for them, and those that come later for it', async () => {
    const keys = fresh();
    const [one, two] = [await held(keys, { claim: SHARED }), await held(keys, { claim: SHARED })];
    const alone = acquire(keys);
    await until('the claim', async () => (await cluster.client().list(`${keys.prefix}/`)).entries.length === 3);
    expect(await acquire(keys, { claim: SHARED, timeoutMs: 0 })).toMatchObject({
      kind: 'timed-out',
      ahead: [{ claim: EXCLUSIVE, record: { host: 'h', pid: 1 } }],
    });
    await one.release();
    await two.release();
    const acquired = await alone;
    expect(acquired.kind).toBe('acquired');
    if (acquired.kind === 'acquired') await acquired.lock.release();
  });

  test('three hold one of three places, and the fourth gets the first that is free', async () => {
    const keys = fresh();
    const claim: ClaimKind = { kind: 'slot', slots: 3 };
    const locks = [await held(keys, { claim }), await held(keys, { claim }), await held(keys, { claim })];
    expect(await acquire(keys, { claim, timeoutMs: 0 })).toMatchObject({ kind: 'timed-out', ahead: [{}, {}, {}] });
    const fourth = held(keys, { claim });
    await until('the claim', async () => (await cluster.client().list(`${keys.prefix}/`)).entries.length === 4);
    await locks[1]?.release();
    await (await fourth).release();
    for (const lock of [locks[0], locks[2]]) await lock?.release();
  });

  test('who gives up leaves the queue, and does not keep those behind', async () => {
    const keys = fresh();
    const first = await held(keys);
    const stop = new AbortController();
    const second = acquire(keys, { signal: stop.signal });
    await until('the claim', async () => (await cluster.client().list(`${keys.prefix}/`)).entries.length === 2);
    const third = held(keys);
    await until('the claim', async () => (await cluster.client().list(`${keys.prefix}/`)).entries.length === 3);
    stop.abort();
    expect(await second).toEqual({ kind: 'aborted' });
    await first.release();
    await (await third).release();
  });

  test('a holder that is gone loses it when its lease is over, and is told that it has', async () => {
    const keys = fresh();
    const first = await held(keys);
    const second = held(keys);
    await until('the claim', async () => (await cluster.client().list(`${keys.prefix}/`)).entries.length === 2);
    const { entries } = await cluster.client().list(`${keys.prefix}/`);
    const oldest = entries.toSorted((a, b) => Number(a.createRevision) - Number(b.createRevision))[0];
    await cluster.client().revoke(oldest?.lease ?? '');
    const lock = await second;
    expect(BigInt(lock.token)).toBeGreaterThan(BigInt(first.token));
    await until('the loss', () => first.lost.aborted, 8000);
    expect(await first.release()).toBe('lost');
    await lock.release();
  });

  test('of one process they may have one lease and one watch; each is released by itself', async () => {
    const keys = fresh();
    const etcd = cluster.client();
    const presence = await Presence.begin(etcd, 10_000, 'briefly');
    const watch = new SharedWatch(etcd, keys.objects);
    let left = 0;
    const common = { presence, untilRemoved: watch.untilRemoved, onLeft: () => left++ };
    const names = ['a', 'b', 'a/b', 'b', 'a', 'a/b', 'b', 'a'];
    const inside = new Map<string, number>();
    await Promise.all(
      names.map(async (name) => {
        const lock = await held(keys, { name, common }, etcd);
        inside.set(name, (inside.get(name) ?? 0) + 1);
        expect(inside.get(name)).toBe(1);
        expect((await cluster.client().list(keys.objects)).entries.map(({ lease }) => lease)).toContain(
          presence.leases.alive,
        );
        inside.set(name, 0);
        expect(await lock.release()).toBe('released');
      }),
    );
    // Nor is any left that has given up.
    const first = await held(keys, { common }, etcd);
    expect(await acquire(keys, { common, timeoutMs: 0 }, etcd)).toMatchObject({ kind: 'timed-out' });
    expect(await acquire(keys, { common, signal: AbortSignal.timeout(100) }, etcd)).toEqual({ kind: 'aborted' });
    expect((await cluster.client().list(keys.objects)).entries).toHaveLength(1);
    await first.release();
    expect((await cluster.client().list(keys.objects)).entries).toEqual([]);
    expect(left).toBe(0);
    await watch.close();
    await presence.end();
  });

  test('one of several with one lease whose removal is not certain says so: the lease has to end', async () => {
    const keys = fresh();
    const proxy = await CuttingProxy.before(cluster.endpoints[0] ?? '');
    const etcd = cluster.client({ endpoints: [proxy.endpoint], requestTimeoutMs: 1000 });
    const presence = await Presence.begin(etcd, 10_000, 'briefly');
    let left = 0;
    const common = { presence, untilRemoved: new SharedWatch(etcd, keys.objects).untilRemoved, onLeft: () => left++ };
    const lock = await held(keys, { common }, etcd);
    proxy.loses = (request) => request.includes('/v3/kv/txn');
    expect(await lock.release()).toBe('released');
    expect(left).toBe(1);
    await presence.end();
    expect((await cluster.client().list(keys.objects)).entries).toEqual([]);
    await proxy.close();
  });

  test('a claim whose answer is lost stands once in the queue', async () => {
    const keys = fresh();
    const proxy = await CuttingProxy.before(cluster.endpoints[0] ?? '');
    let lost = 0;
    proxy.loses = (request) => request.includes('/v3/kv/txn') && ++lost === 1;
    const etcd = cluster.client({ endpoints: [proxy.endpoint], requestTimeoutMs: 800 });
    const acquired = await acquire(keys, {}, etcd);
    expect(acquired.kind).toBe('acquired');
    expect((await cluster.client().list(`${keys.prefix}/`)).entries).toHaveLength(1);
    if (acquired.kind === 'acquired') expect(await acquired.lock.release()).toBe('released');
    await proxy.close();
  });
});
