import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SecretSource } from '../../src/config/project.js';
import type { EtcdError } from '../../src/etcd/error.js';
import { Etcd } from '../../src/etcd/etcd.js';
import { makeAuthority } from './certificates.js';
import { Cluster, noEtcd } from './members.js';

const failure = (promise: Promise<unknown>): Promise<EtcdError> =>
  promise.then(
    () => Promise.reject(new Error('did not fail')),
    (error: unknown) => error as EtcdError,
  );
const put = (etcd: Etcd, key: string) => etcd.transact({ compare: [], then: [{ put: key, value: 'v' }] });

test('a password does not go to another host in the clear, unless that is allowed', async () => {
  const login = { user: 'me', password: { kind: 'variable', name: 'PASSWORD' } as const };
  const settings = { endpoints: ['http://192.0.2.1:2379'], login, requestTimeoutMs: 300 };
  const etcd = new Etcd(settings, { PASSWORD: 'secret' });
  expect(await failure(etcd.get('/a'))).toMatchObject({
    kind: 'refused',
    message:
      'the password would go to http://192.0.2.1:2379 without encryption; use https, or set `allow_insecure = true`',
  });
  await etcd.close();
  const allowed = new Etcd({ ...settings, allowInsecure: true }, { PASSWORD: 'secret' });
  expect(await failure(allowed.get('/a'))).toMatchObject({ kind: 'unavailable' });
  await allowed.close();
});

describe.skipIf(noEtcd !== undefined)(`users${noEtcd === undefined ? '' : ` (${noEtcd})`}`, () => {
  let cluster: Cluster;
  let directory: string;
  const password: SecretSource = { kind: 'variable', name: 'PASSWORD' };
  const as = (user: string, text: string) => cluster.client({ login: { user, password } }, { PASSWORD: text });

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'stagelock-etcd-secret-'));
    cluster = await Cluster.start();
    cluster.ctl(['role', 'add', 'builds']);
    cluster.ctl(['role', 'grant-permission', 'builds', 'readwrite', '/mine/', '--prefix']);
    cluster.ctl(['role', 'grant-permission', 'builds', 'read', '/readable/', '--prefix']);
    cluster.ctl(['user', 'add', 'builder:its password']);
    cluster.ctl(['user', 'grant-role', 'builder', 'builds']);
    cluster.enableAuthentication();
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test('log in by name and password, from a file, too', async () => {
    await put(as('builder', 'its password'), '/mine/a');
    const path = join(directory, 'password');
    writeFileSync(path, 'its password\n', { mode: 0o600 });
    const etcd = cluster.client({ login: { user: 'builder', password: { kind: 'file', path } } });
    expect(await etcd.get('/mine/a')).toMatchObject({ value: 'v' });
  });

  test('are refused with a wrong password, and without any', async () => {
    const wrong = await failure(put(as('builder', 'another'), '/mine/b'));
    expect(wrong).toMatchObject({ kind: 'refused', reason: 'login' });
    expect(wrong.message).not.toContain('another');
    expect(await failure(put(cluster.client(), '/mine/b'))).toMatchObject({ kind: 'refused', reason: 'login' });
    const unknown = { signal: new AbortController().signal, onEvents: () => {}, onReset: () => {} };
    expect(await failure(cluster.client().watch('/mine/', unknown))).toMatchObject({
      kind: 'refused',
      reason: 'login',
    });
    const none = cluster.client({ login: { user: 'builder', password } });
    const missing = 'the password for etcd is missing: there is no the environment variable PASSWORD';
    expect(await failure(none.get('/mine/b'))).toMatchObject({ kind: 'refused', message: missing });
  });

  test('may do what their role says', async () => {
    const etcd = as('builder', 'its password');
    const denied = { kind: 'refused', reason: 'permission' };
    expect(await failure(put(etcd, '/others/a'))).toMatchObject(denied);
    expect(await failure(etcd.get('/others/a'))).toMatchObject(denied);
    expect(await etcd.get('/readable/a')).toBeUndefined();
    expect(await failure(put(etcd, '/readable/a'))).toMatchObject(denied);
    const signal = new AbortController().signal;
    const watching = { signal, onEvents: () => {}, onReset: () => {} };
    expect(await failure(etcd.watch('/others/', watching))).toMatchObject(denied);
  });

  test('get a new token when theirs is not taken any more', async () => {
    const etcd = as('builder', 'its password');
    await put(etcd, '/mine/c');
    // Simple tokens do not outlive the process of the member.
    await cluster.members[0]?.kill();
    await cluster.members[0]?.start();
    expect(await etcd.get('/mine/c')).toBeDefined();
    await put(etcd, '/mine/d');
    expect((await Promise.all(Array.from({ length: 10 }, () => etcd.get('/mine/d')))).length).toBe(10);
  });

  test('watch with a new token, too, when theirs is not taken any more', async () => {
    const etcd = as('builder', 'its password');
    const { revision = '' } = await put(etcd, '/mine/e');
    await cluster.members[0]?.kill();
    await cluster.members[0]?.start();
    const seen: string[] = [];
    const ending = new AbortController();
    const onEvents = (events: readonly { readonly entry: { readonly key: string } }[]): void => {
      seen.push(...events.map(({ entry }) => entry.key));
      ending.abort();
    };
    await etcd.watch('/mine/e', { from: revision, signal: ending.signal, onEvents, onReset: () => {} });
    expect(seen).toEqual(['/mine/e']);
  });
});

describe.skipIf(noEtcd !== undefined)('a login where there are no users', () => {
  test('is as good as none', async () => {
    const cluster = await Cluster.start();
    try {
      const login = { user: 'me', password: { kind: 'variable', name: 'PASSWORD' } as const };
      await put(cluster.client({ login }, { PASSWORD: 'x' }), '/a');
    } finally {
      await cluster.stop();
    }
  });
});

const noOpenssl = spawnSync('openssl', ['version']).status !== 0;

describe.skipIf(noEtcd !== undefined || noOpenssl)('encryption', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start({ tls: true, clientCertificates: true });
  });
  afterAll(() => cluster.stop());

  test('is by the authority of the cluster, and our certificate', async () => {
    const { pem } = cluster;
    const etcd = cluster.client({ certFile: pem?.client.cert, keyFile: pem?.client.key });
    await put(etcd, '/tls/a');
    expect(await etcd.get('/tls/a')).toBeDefined();
  });

  test('is not with a member of another authority, nor without our certificate', async () => {
    const { pem } = cluster;
    const other = makeAuthority(cluster.directory, 'other');
    const ours = { certFile: pem?.client.cert, keyFile: pem?.client.key };
    const foreign = await failure(put(cluster.client({ ...ours, caFile: other.ca }), '/tls/b'));
    expect(foreign).toMatchObject({ kind: 'unavailable' });
    expect(foreign.message).toMatch(/certificate/);
    // NODE_TLS_REJECT_UNAUTHORIZED has no say.
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await failure(put(cluster.client({ ...ours, caFile: other.ca }), '/tls/b'))).toMatchObject({
        kind: 'unavailable',
      });
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
    expect((await failure(cluster.client().get('/tls/a'))).kind).toBe('unavailable');
  });

  test('fails with the name of a file that is missing', async () => {
    const etcd = cluster.client({ caFile: '/nowhere/ca.pem' });
    expect(await failure(etcd.get('/a'))).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('/nowhere/ca.pem'),
    });
  });
});
