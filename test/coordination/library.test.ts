import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  EtcdError,
  type EtcdOptions,
  type HeldInEtcd,
  type LocksInEtcd,
  openEtcd,
} from '../../src/coordination/library.js';
import { Cluster, noEtcd } from '../etcd/members.js';
import { until } from '../support/until.js';

test.each([
  [{}, TypeError, 'options.endpoints: expected URLs of members, "https://HOST:2379", got undefined'],
  [{ endpoints: [] }, RangeError, 'got none'],
  [{ endpoints: ['http://u:secret@h:2379'] }, TypeError, 'options.endpoints[0]: expected URLs'],
  [{ endpoints: ['http://h:2379/'] }, TypeError, 'without a path'],
  [{ prefix: 'p' }, RangeError, 'options.prefix: expected a prefix of keys'],
  [{ leaseMs: 1000 }, RangeError, 'options.leaseMs: expected at least 10000 ms'],
  [{ leaseMs: 10_000, requestTimeoutMs: 6000 }, RangeError, 'options.requestTimeoutMs: a request that may take'],
  [{ lease: 10_000 }, TypeError, 'options.lease: no such option'],
  [{ login: { user: 'u', password: 'secret' } }, TypeError, "options.login.password: expected { kind: 'file', path }"],
  [{ allowInsecure: 'yes' }, TypeError, 'options.allowInsecure: expected true or false'],
])('%j is a fault in the program that says so', (more, type, text) => {
  const options = 'endpoints' in more || Object.keys(more).length === 0 ? more : { endpoints: ['http://h:1'], ...more };
  const whole = { prefix: '/p', ...options } as unknown as EtcdOptions;
  const open = (): unknown => openEtcd(whole);
  expect(open).toThrow(type);
  expect(open).toThrow(text);
  expect(open).not.toThrow('secret');
});

test('names, numbers of slots and options of a wait are checked, too', async () => {
  await using hosts = openEtcd({ endpoints: ['http://127.0.0.1:1'], prefix: '/p' });
  expect(() => hosts.openLock('')).toThrow(RangeError);
  expect(() => hosts.openLock('\ud800')).toThrow(RangeError);
  expect(() => hosts.openLock('x'.repeat(1001))).toThrow(RangeError);
  expect(() => hosts.openSlots('x', 0)).toThrow('slots: expected a whole number from 1 to 1000, got 0');
  const wait = { timeout: 5 } as object;
  await expect(hosts.openLock('x').acquire(wait)).rejects.toThrow('options.timeout: no such option');
});

test('without a member an EtcdError says so, and nothing is waited for', async () => {
  await using hosts = openEtcd({ endpoints: ['http://127.0.0.1:1'], prefix: '/p' });
  const error = await hosts
    .openLock('x')
    .acquire()
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(EtcdError);
  expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('ECONNREFUSED') });
});

test.each(['index.js', 'locks.js'])('%s loads nothing of etcd', (entry) => {
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-loaded-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const load = `await import(${JSON.stringify(resolve('dist', entry))})`;
  const loadedWith = (text: string): string => {
    const into = join(directory, String(Math.random()));
    execFileSync(process.execPath, ['--input-type=module', '-e', text], {
      env: { ...process.env, NODE_V8_COVERAGE: into },
    });
    return readdirSync(into)
      .map((file) => readFileSync(join(into, file), 'utf8'))
      .join('');
  };
  expect(loadedWith(load)).not.toMatch(/dist\/etcd|"functionName":"openEtcd"|undici-/i);
  expect(loadedWith(load.replace(entry, 'etcd.js'))).toMatch(/openEtcd/);
});

describe.skipIf(noEtcd !== undefined)(`locks of the library in etcd (${noEtcd ?? 'real etcd'})`, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(async () => cluster.stop());

  let prefixes = 0;
  const fresh = (): string => `/library/${++prefixes}`;
  function open(prefix: string, more: Partial<EtcdOptions> = {}): LocksInEtcd {
    const hosts = openEtcd({ endpoints: cluster.endpoints, prefix, leaseMs: 10_000, ...more });
    onTestFinished(() => hosts.close());
    return hosts;
  }
  async function held(acquiring: ReturnType<ReturnType<LocksInEtcd['openLock']>['acquire']>): Promise<HeldInEtcd> {
    const acquisition = await acquiring;
    if (acquisition.kind !== 'acquired') throw new Error(acquisition.kind);
    return acquisition.lock;
  }
  const keysOf = async (prefix: string): Promise<number> => (await cluster.client().list(`${prefix}/`)).entries.length;

  test('one holds it, another learns who, and has a larger token after it', async () => {
    const prefix = fresh();
    const [alpha, beta] = [
      open(prefix, { host: 'alpha' }).openLock('ü/x'),
      open(prefix, { host: 'beta' }).openLock('ü/x'),
    ];
    const first = await held(alpha.acquire());
    expect(first.isOurs()).toBe(true);
    const refused = await beta.acquire({ timeoutMs: 0 });
    expect(refused).toMatchObject({
      kind: 'timed-out',
      ahead: [{ claim: { kind: 'exclusive' }, claimant: { host: 'alpha', pid: process.pid } }],
    });
    const seen: string[] = [];
    const second = held(beta.acquire({ onWaiting: (ahead) => seen.push(ahead[0]?.claimant?.host ?? '') }));
    await until('the claim', () => seen.length > 0);
    expect(await alpha.inspect()).toMatchObject({
      holders: [{ claimant: { host: 'alpha' } }],
      waiting: [{ claimant: { host: 'beta' } }],
    });
    expect(await first.release()).toBe('released');
    expect(await first.release()).toBe('released');
    expect(first.isOurs()).toBe(false);
    await using lock = await second;
    expect(lock.token).toBeGreaterThan(first.token);
    expect(seen).toEqual(['alpha']);
  });

  test('a block that ends releases; sharers and slots exclude one that wants it alone', async () => {
    const prefix = fresh();
    const hosts = open(prefix);
    const lock = hosts.openLock('board');
    {
      await using one = await held(lock.acquireShared());
      await using two = await held(hosts.openSlots('board', 2).acquire());
      expect([one.name, two.name]).toEqual(['board', 'board']);
      expect((await hosts.openSlots('board', 2).acquire({ timeoutMs: 0 })).kind).toBe('timed-out');
      expect((await lock.acquire({ timeoutMs: 100 })).kind).toBe('timed-out');
    }
    expect(await keysOf(prefix)).toBe(0);
  });

  test('a signal and close() end a wait, and close() releases what is held', async () => {
    const prefix = fresh();
    const [hosts, others] = [open(prefix), open(prefix)];
    const first = await held(hosts.openLock('x').acquire());
    const stop = new AbortController();
    const stopped = others.openLock('x').acquire({ signal: stop.signal });
    const closed = others.openLock('x').acquire({ timeoutMs: Number.POSITIVE_INFINITY });
    await until('the claims', async () => (await keysOf(prefix)) === 3);
    stop.abort();
    expect((await stopped).kind).toBe('aborted');
    await others.close();
    expect((await closed).kind).toBe('aborted');
    expect(await keysOf(prefix)).toBe(1);
    await hosts.close();
    expect(first.isOurs()).toBe(false);
    expect(await keysOf(prefix)).toBe(0);
  });

  test('a holder that is cut off learns it before another one gets the lock', async () => {
    const member = cluster.members[0];
    const prefix = fresh();
    const lock = await held(open(prefix).openLock('x').acquire());
    member?.pause();
    try {
      await until('the loss', () => lock.lost.aborted, 12_000);
      expect(lock.isOurs()).toBe(false);
    } finally {
      member?.resume();
    }
    await lock.release();
  });

  test('a process that stands still for longer than its lease knows that it has lost it, before its loop has turned', () => {
    const prefix = fresh();
    const text = `
      const { openEtcd } = await import(${JSON.stringify(resolve('dist/etcd.js'))});
      const hosts = openEtcd({ endpoints: ${JSON.stringify(cluster.endpoints)}, prefix: '${prefix}', leaseMs: 10_000 });
      const { lock } = await hosts.openLock('x').acquire();
      console.log(lock.isOurs());
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 8000);
      console.log(lock.isOurs(), lock.lost.aborted);
      await hosts.close();
    `;
    const stdout = execFileSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8' });
    expect(stdout).toBe('true\nfalse false\n');
  });
});
