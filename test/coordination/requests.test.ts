import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Keys } from '../../src/coordination/keys.js';
import { livesOf } from '../../src/coordination/lives.js';
import type { Etcd } from '../../src/etcd/etcd.js';
import { Cluster, noEtcd } from '../etcd/members.js';
import { until } from '../support/until.js';
import { follower, Hosts, primary } from './hosts.js';

/** How many requests cost what hosts share, as etcd counts them. */
describe.skipIf(noEtcd !== undefined)(`requests to etcd (${noEtcd ?? 'real etcd'})`, () => {
  let cluster: Cluster;
  let etcd: Etcd;
  let hosts: Hosts | undefined;
  beforeAll(async () => {
    cluster = await Cluster.start();
    etcd = cluster.client();
  });
  afterAll(async () => cluster.stop());
  afterEach(() => hosts?.remove());

  /** The sum of the values whose names begin with that. */
  async function metric(name: string): Promise<number> {
    const text = await (await fetch(`${cluster.endpoints[0]}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.startsWith(name));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }
  const asked = async (): Promise<number> =>
    (await metric('grpc_server_started_total{grpc_method="Range"')) +
    (await metric('grpc_server_started_total{grpc_method="Txn"'));
  const put = (key: string, value = ''): Promise<unknown> =>
    etcd.transact({ compare: [], then: [{ put: key, value }] });
  const remove = (key: string): Promise<unknown> => etcd.transact({ compare: [], then: [{ remove: key }] });

  test('a hundred runs are looked at in one', async () => {
    const keys = new Keys('/many');
    const runs = Array.from({ length: 250 }, (_, index) => `run${index}`);
    for (const run of runs.filter((name) => name !== 'run120')) await put(keys.alive(run));
    const before = await asked();
    const lives = await livesOf(etcd, keys, runs);
    // Three pages, and the trace of the one that is silent.
    expect((await asked()) - before).toBe(4);
    expect([...lives].filter(([, { kind }]) => kind === 'silent')).toEqual([
      ['run120', { kind: 'silent', forMs: undefined }],
    ]);
    expect(lives.size).toBe(250);
  });

  test('a follower that waits for an update asks for nothing while other followers leave', async () => {
    hosts = new Hosts(cluster.endpoints);
    const alpha = hosts.host('alpha', primary('trunk'));
    const beta = hosts.host('beta', follower('beta', 'trunk', 'update_timeout = "50 s"'));
    expect((await alpha.run('trunk')).kind).toBe('done');
    const keys = new Keys(hosts.coordination.prefix);
    await put(keys.lock('trunk', 'update'));
    const running = beta.run('beta');
    await until('the follower to wait', async () => (await metric('etcd_debugging_mvcc_watcher_total')) > 0);
    const before = await asked();
    for (let number = 0; number < 10; number++) {
      await put(keys.lock('trunk', `running.other${number}`));
      await remove(keys.lock('trunk', `running.other${number}`));
    }
    // Those were ours.
    expect((await asked()) - before).toBe(20);
    await remove(keys.lock('trunk', 'update'));
    expect((await running).kind).toBe('done');
  });
});
