import { createServer } from 'node:http';
import { pipeline } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EtcdError } from '../../src/etcd/error.js';
import { Etcd } from '../../src/etcd/etcd.js';
import { CuttingProxy } from './cutting-proxy.js';
import { Cluster, noEtcd } from './members.js';

const put = (etcd: Etcd, key: string, value = '') =>
  etcd.transact({ compare: [{ key, what: 'absent' }], then: [{ put: key, value }] });

async function failure(promise: Promise<unknown>): Promise<{ error: EtcdError; ms: number }> {
  const began = performance.now();
  try {
    await promise;
  } catch (error) {
    return { error: error as EtcdError, ms: performance.now() - began };
  }
  throw new Error('did not fail');
}

test('without any member every call is unavailable, at once and with all names', async () => {
  const etcd = new Etcd({ endpoints: ['http://127.0.0.1:1', 'http://127.0.0.1:2'], requestTimeoutMs: 20_000 });
  for (const call of [etcd.get('/a'), put(etcd, '/a'), etcd.grant(5), etcd.renew('5')]) {
    const { error, ms } = await failure(call);
    expect(error).toMatchObject({ name: 'EtcdError', kind: 'unavailable', reason: undefined });
    expect(error.message).toMatch(/127\.0\.0\.1:1: .*ECONNREFUSED.*; http:\/\/127\.0\.0\.1:2: /);
    expect(ms).toBeLessThan(10_000);
  }
  expect(await etcd.status()).toMatchObject([{ kind: 'silent' }, { kind: 'silent' }]);
  await etcd.close();
});

test('a server that is no etcd is not believed, and steers no terminal', async () => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(request.url === '/v3/kv/range' ? 200 : 404).end('\x1b[31mhello\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const etcd = new Etcd({ endpoints: [`http://127.0.0.1:${port}`], requestTimeoutMs: 500 });
  const { error } = await failure(etcd.get('/a'));
  expect(error).toMatchObject({ kind: 'unavailable' });
  expect(error.message).toContain("answers 200: [31mhello, which is not etcd's");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
  expect(error.message).not.toMatch(/[\u0000-\u001f]/);
  // It does not know the path, so it has not carried out anything.
  expect((await failure(put(etcd, '/a'))).error).toMatchObject({ kind: 'unavailable' });
  await etcd.close();
  server.close();
});

function* endlessBlanks(): Generator<string> {
  for (;;) yield ' '.repeat(1 << 20);
}

test('an answer without end is not read', async () => {
  const server = createServer((request, response) => {
    // Through a pipeline, which ends with the connection: Node 26 calls back a write to a closed one at once.
    request.resume().on('end', () => pipeline(endlessBlanks, response, () => {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const etcd = new Etcd({ endpoints: [`http://127.0.0.1:${port}`], requestTimeoutMs: 20_000 });
  expect((await failure(etcd.get('/a'))).error).toMatchObject({ kind: 'refused', reason: 'size' });
  expect((await failure(put(etcd, '/a'))).error).toMatchObject({ kind: 'uncertain' });
  await etcd.close();
  server.closeAllConnections();
  server.close();
});

describe.skipIf(noEtcd !== undefined)(`three members${noEtcd === undefined ? '' : ` (${noEtcd})`}`, () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start({ members: 3 });
  });
  afterAll(() => cluster.stop());

  test('a read goes to another member when one is not there, and when one hangs', async () => {
    const [first = ''] = cluster.endpoints;
    const etcd = cluster.client({ endpoints: ['http://127.0.0.1:1', ...cluster.endpoints] });
    await put(etcd, '/outage/a', 'a');
    expect(await etcd.get('/outage/a')).toMatchObject({ value: 'a' });
    const paused = cluster.members.find(({ endpoint }) => endpoint === first);
    const leader = await cluster.leader();
    // Without its leader the cluster elects another one first, which takes longer than this is about.
    const victim = paused === leader ? cluster.members.find((each) => each !== leader) : paused;
    const order = [victim?.endpoint ?? '', ...cluster.endpoints.filter((each) => each !== victim?.endpoint)];
    const other = cluster.client({ endpoints: order });
    victim?.pause();
    try {
      const began = performance.now();
      expect(await other.get('/outage/a')).toMatchObject({ value: 'a' });
      const lease = await other.grant(60);
      expect(await other.renew(lease)).toBe(60);
      expect(performance.now() - began).toBeLessThan(5000);
      // The one that hung is the last now.
      const again = performance.now();
      await put(other, '/outage/b');
      expect(performance.now() - again).toBeLessThan(1500);
    } finally {
      victim?.resume();
    }
  });

  test('a change that a hanging member has received is uncertain, in time', async () => {
    const leader = await cluster.leader();
    const victim = cluster.members.find((each) => each !== leader);
    const etcd = cluster.client({ endpoints: [victim?.endpoint ?? '', ...cluster.endpoints], requestTimeoutMs: 1500 });
    victim?.pause();
    try {
      const { error, ms } = await failure(put(etcd, '/outage/c'));
      expect(error).toMatchObject({ kind: 'uncertain' });
      expect(error.message).toContain('no answer within 1.5 s');
      expect(ms).toBeLessThan(5000);
      // And the next one goes elsewhere.
      await put(etcd, '/outage/d');
    } finally {
      victim?.resume();
    }
  });

  test('a change whose answer was lost is uncertain, and can be read back', async () => {
    const proxy = await CuttingProxy.before(cluster.endpoints[0] ?? '');
    const etcd = cluster.client({ endpoints: [proxy.endpoint, ...cluster.endpoints.slice(1)] });
    proxy.loses = (request) => request.includes('/v3/kv/txn');
    const { error } = await failure(put(etcd, '/outage/e', 'nonce'));
    expect(error).toMatchObject({ kind: 'uncertain' });
    expect(error.message).toContain(proxy.endpoint);
    expect(await etcd.get('/outage/e')).toMatchObject({ value: 'nonce' });
    await proxy.close();
  });

  test('what only reads, and leases, do not mind a lost answer', async () => {
    const proxy = await CuttingProxy.before(cluster.endpoints[0] ?? '');
    const etcd = cluster.client({ endpoints: [proxy.endpoint, ...cluster.endpoints.slice(1)] });
    await put(etcd, '/outage/f', 'f');
    const first = async <T>(path: string, call: () => Promise<T>): Promise<T> => {
      // Ask by the proxy again.
      proxy.loses = () => false;
      const fresh = cluster.client({ endpoints: [proxy.endpoint, ...cluster.endpoints.slice(1)] });
      await fresh.close();
      proxy.loses = (request) => request.includes(path);
      return call();
    };
    expect(await first('/v3/kv/range', () => etcd.get('/outage/f'))).toMatchObject({ value: 'f' });
    const reading = cluster.client({ endpoints: [proxy.endpoint, ...cluster.endpoints.slice(1)] });
    const read = { compare: [], then: [{ get: '/outage/f' }] };
    expect(await first('/v3/kv/txn', () => reading.transact(read))).toMatchObject({ results: [{ count: 1 }] });
    const granting = cluster.client({ endpoints: [proxy.endpoint, ...cluster.endpoints.slice(1)] });
    const before = cluster.ctl(['lease', 'list']).split('\n').length;
    const lease = await first('/v3/lease/grant', () => granting.grant(60));
    expect(await granting.timeToLive(lease)).toMatchObject({ grantedS: 60 });
    // Both attempts made one lease.
    expect(cluster.ctl(['lease', 'list']).split('\n').length).toBe(before + 1);
    await proxy.close();
  });

  test('without a majority nothing is answered, and nothing takes longer than it may', async () => {
    const etcd = cluster.client({ requestTimeoutMs: 2000 });
    await put(etcd, '/outage/g');
    const [first, second] = cluster.members;
    await Promise.all([first?.kill(), second?.kill()]);
    try {
      const read = await failure(etcd.get('/outage/g'));
      expect(read.error).toMatchObject({ kind: 'unavailable' });
      const write = await failure(put(etcd, '/outage/h'));
      expect(write.error).toMatchObject({ kind: 'uncertain' });
      expect(Math.max(read.ms, write.ms)).toBeLessThan(6000);
    } finally {
      await Promise.all([first?.start(), second?.start()]);
    }
    const patient = cluster.client({ requestTimeoutMs: 20_000 });
    expect(await patient.get('/outage/g')).toBeDefined();
  });
});

describe.skipIf(noEtcd !== undefined)('one member', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(() => cluster.stop());

  test('is asked once more when only the connection to it broke', async () => {
    const proxy = await CuttingProxy.before(cluster.endpoints[0] ?? '');
    const etcd = cluster.client({ endpoints: [proxy.endpoint] });
    let lost = 0;
    proxy.loses = (request) => request.includes('/v3/kv/range') && lost++ === 0;
    expect(await etcd.get('/one/a')).toBeUndefined();
    expect(lost).toBe(2);
    await proxy.close();
  });

  test('is reached without the proxies of the environment', async () => {
    const names = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'all_proxy'];
    for (const name of names) process.env[name] = 'http://127.0.0.1:1';
    try {
      await put(cluster.client(), '/one/b');
    } finally {
      for (const name of names) delete process.env[name];
    }
  });

  test('is not taken for one of another cluster', async () => {
    const other = await Cluster.start();
    try {
      const etcd = cluster.client({ endpoints: [...cluster.endpoints, ...other.endpoints] });
      await put(etcd, '/one/c');
      await cluster.members[0]?.kill();
      const { error } = await failure(etcd.get('/one/c'));
      expect(error).toMatchObject({ kind: 'refused', message: expect.stringContaining('is of another cluster') });
    } finally {
      await other.stop();
      await cluster.members[0]?.start();
    }
  });

  test('learns what its caller throws at a change', async () => {
    const etcd = cluster.client();
    const { revision } = await put(etcd, '/one/d');
    const onEvents = (): void => {
      throw new Error('no use for it');
    };
    const watching = { from: revision, signal: new AbortController().signal, onEvents, onReset: () => {} };
    await expect(etcd.watch('/one/', watching)).rejects.toThrow('no use for it');
  });
});

describe.skipIf(noEtcd !== undefined)('a full database', () => {
  test('is refused as such, and its alarm is known', async () => {
    const cluster = await Cluster.start({ more: ['--quota-backend-bytes', String(4 << 20)] });
    try {
      const etcd = cluster.client();
      let error: EtcdError | undefined;
      for (let n = 0; n < 20 && error === undefined; n++) {
        error = await put(etcd, `/full/${n}`, 'x'.repeat(1e6)).then(
          () => undefined,
          (reason: unknown) => reason as EtcdError,
        );
      }
      expect(error).toMatchObject({ kind: 'refused', reason: 'space' });
      expect(error?.message).toContain('database space exceeded');
      expect(await etcd.get('/full/0')).toBeDefined();
      // A run can still end, and none begin.
      expect(await etcd.transact({ compare: [], then: [{ remove: '/full/0' }] })).toMatchObject({ succeeded: true });
      expect((await failure(etcd.grant(5))).error).toMatchObject({ kind: 'refused', reason: 'space' });
      expect(await etcd.status()).toMatchObject([{ kind: 'answers', alarms: ['NOSPACE'] }]);
    } finally {
      await cluster.stop();
    }
  });
});
