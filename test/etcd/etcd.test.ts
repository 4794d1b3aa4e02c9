import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EtcdError } from '../../src/etcd/error.js';
import type { Etcd } from '../../src/etcd/etcd.js';
import { Cluster, noEtcd } from './members.js';

describe.skipIf(noEtcd !== undefined)(`etcd${noEtcd === undefined ? '' : ` (${noEtcd})`}`, () => {
  let cluster: Cluster;
  let etcd: Etcd;

  beforeAll(async () => {
    cluster = await Cluster.start();
    etcd = cluster.client();
  });

  afterAll(() => cluster.stop());

  test('gives back what was put, with its revisions', async () => {
    expect(await etcd.get('/put/a')).toBeUndefined();
    const put = await etcd.transact({ compare: [], then: [{ put: '/put/a', value: 'one' }] });
    expect(put.succeeded).toBe(true);
    await etcd.transact({ compare: [], then: [{ put: '/put/a', value: 'two' }] });
    const entry = await etcd.get('/put/a');
    expect(entry).toMatchObject({
      key: '/put/a',
      value: 'two',
      createRevision: put.revision,
      version: '2',
      lease: '0',
    });
    expect(Number(entry?.modRevision)).toBe(Number(put.revision) + 1);
  });

  test.each(['/odd/ä 漢 🔒', '/odd/\n\t"\\', '/odd/\0', '/odd/../x', '/odd/%2f?#'])('has the key %j', async (key) => {
    await etcd.transact({ compare: [{ key, what: 'absent' }], then: [{ put: key, value: `of ${key}` }] });
    expect(await etcd.get(key)).toMatchObject({ key, value: `of ${key}` });
  });

  test('takes no key that is not well-formed', async () => {
    await expect(etcd.get('/odd/\ud800')).rejects.toThrow(TypeError);
  });

  describe('a transaction', () => {
    test('happens only while a key has not changed', async () => {
      const { revision } = await etcd.transact({ compare: [], then: [{ put: '/mod/a', value: '1' }] });
      const change = (value: string) =>
        etcd.transact({
          compare: [{ key: '/mod/a', what: 'mod', equals: revision }],
          then: [{ put: '/mod/a', value }],
          otherwise: [{ get: '/mod/a' }],
        });
      expect(await change('2')).toMatchObject({ succeeded: true });
      const second = await change('3');
      expect(second).toMatchObject({ succeeded: false, results: [{ count: 1, entries: [{ value: '2' }] }] });
    });

    test('happens only while a key is the one that was made then', async () => {
      const { revision } = await etcd.transact({ compare: [], then: [{ put: '/create/a', value: '1' }] });
      const again = { compare: [{ key: '/create/a', what: 'create', equals: revision } as const], then: [] };
      await etcd.transact({ compare: [], then: [{ put: '/create/a', value: '2' }] });
      expect((await etcd.transact(again)).succeeded).toBe(true);
      await etcd.transact({ compare: [], then: [{ remove: '/create/a' }] });
      await etcd.transact({ compare: [], then: [{ put: '/create/a', value: '3' }] });
      expect((await etcd.transact(again)).succeeded).toBe(false);
    });

    test('happens only where no key has a prefix', async () => {
      const make = (key: string) =>
        etcd.transact({ compare: [{ prefix: '/none/a/', what: 'absent' }], then: [{ put: key, value: '' }] });
      await etcd.transact({
        compare: [],
        then: [
          { put: '/none/a', value: '' },
          { put: '/none/a0', value: '' },
        ],
      });
      expect((await make('/none/a/1')).succeeded).toBe(true);
      expect((await make('/none/a/2')).succeeded).toBe(false);
      await etcd.transact({ compare: [], then: [{ removePrefix: '/none/a/' }] });
      expect((await make('/none/a/2')).succeeded).toBe(true);
    });

    test('of twenty that want a prefix for themselves succeeds once', async () => {
      const tries = Array.from({ length: 20 }, (_, index) =>
        etcd.transact({
          compare: [{ prefix: '/race/', what: 'absent' }],
          then: [{ put: `/race/${index}`, value: String(index) }],
          otherwise: [{ getPrefix: '/race/', keysOnly: true }],
        }),
      );
      const results = await Promise.all(tries);
      const winners = results.flatMap(({ succeeded }, index) => (succeeded ? [`/race/${index}`] : []));
      expect(winners).toHaveLength(1);
      for (const { succeeded, results: found } of results) {
        if (!succeeded) expect(found[0]?.entries.map(({ key }) => key)).toEqual(winners);
      }
    });

    test('says what each of its operations found', async () => {
      await etcd.transact({ compare: [], then: ['1', '2', '3'].map((n) => ({ put: `/found/${n}`, value: n })) });
      await etcd.transact({ compare: [], then: [{ put: '/gone/2', value: '' }] });
      const { results } = await etcd.transact({
        compare: [],
        then: [
          { get: '/found/1' },
          { get: '/found/none' },
          { getPrefix: '/found/', keysOnly: true, limit: 2 },
          { put: '/made', value: '4' },
          { remove: '/gone/2' },
          { remove: '/gone/3' },
          { removePrefix: '/found/' },
        ],
      });
      expect(results.map(({ entries, count }) => [entries.map(({ value }) => value), count])).toEqual([
        [['1'], 1],
        [[], 0],
        [['', ''], 3],
        [[], 0],
        [[], 1],
        [[], 0],
        [[], 3],
      ]);
    });
  });

  test('lists the keys with a prefix, in pages and in both orders', async () => {
    for (const key of ['c', 'a', 'b'])
      await etcd.transact({ compare: [], then: [{ put: `/list/${key}`, value: key }] });
    const values = async (...wanted: Parameters<Etcd['list']>) => {
      const { entries, more } = await etcd.list(...wanted);
      return { values: entries.map(({ key, value }) => `${key}=${value}`), more };
    };
    expect(await values('/list/')).toEqual({ values: ['/list/a=a', '/list/b=b', '/list/c=c'], more: false });
    expect(await values('/list/', { limit: 2 })).toEqual({ values: ['/list/a=a', '/list/b=b'], more: true });
    expect(await values('/list/', { limit: 2, from: '/list/b' })).toEqual({ values: ['/list/c=c'], more: false });
    expect(await values('/list/', { newestFirst: true, limit: 1 })).toEqual({ values: ['/list/b=b'], more: true });
    expect(await values('/list/', { keysOnly: true, limit: 1 })).toEqual({ values: ['/list/a='], more: true });
    expect(await values('/nothing/')).toEqual({ values: [], more: false });
    const { revision } = await etcd.list('/list/');
    await etcd.transact({ compare: [], then: [{ removePrefix: '/list/' }] });
    expect((await values('/list/', { at: revision })).values).toHaveLength(3);
  });

  describe('a lease', () => {
    test('ends its keys when it is not renewed', async () => {
      const lease = await etcd.grant(1);
      await etcd.transact({ compare: [], then: [{ put: '/lease/a', value: '', lease }] });
      expect(await etcd.get('/lease/a')).toMatchObject({ lease });
      expect(await etcd.renew(lease)).toBeGreaterThanOrEqual(1);
      const end = performance.now() + 20_000;
      while ((await etcd.get('/lease/a')) !== undefined && performance.now() < end) await sleep(100);
      expect(await etcd.get('/lease/a')).toBeUndefined();
      expect(await etcd.renew(lease)).toBeUndefined();
      expect(await etcd.timeToLive(lease)).toBeUndefined();
    });

    test('lasts while it is renewed, and ends when it is revoked', async () => {
      const lease = await etcd.grant(60);
      await etcd.transact({ compare: [], then: [{ put: '/lease/b', value: '', lease }] });
      expect(await etcd.renew(lease)).toBe(60);
      const left = await etcd.timeToLive(lease);
      expect(left?.grantedS).toBe(60);
      expect(left?.remainingS).toBeGreaterThan(50);
      await etcd.revoke(lease);
      expect(await etcd.get('/lease/b')).toBeUndefined();
      await etcd.revoke(lease);
    });

    test('that has expired takes no keys', async () => {
      const put = etcd.transact({ compare: [], then: [{ put: '/lease/c', value: '', lease: '4711' }] });
      await expect(put).rejects.toMatchObject({ kind: 'refused', reason: 'lease' } satisfies Partial<EtcdError>);
    });
  });

  test('takes a value of 1.4 MB, and refuses one of 2 MB', async () => {
    const put = (megabytes: number) =>
      etcd.transact({ compare: [], then: [{ put: '/large', value: 'x'.repeat(megabytes * 1e6) }] });
    await put(1.4);
    expect((await etcd.get('/large'))?.value).toHaveLength(1.4e6);
    await expect(put(2)).rejects.toMatchObject({ kind: 'refused', reason: 'size' } satisfies Partial<EtcdError>);
    await expect(put(3)).rejects.toMatchObject({ kind: 'refused', reason: 'size' } satisfies Partial<EtcdError>);
  });
});
