// A member of etcd on this machine, for benchmarks: what it has and what it costs, as it says itself.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Why there is none; undefined where there can be one. */
export function noEtcd() {
  for (const program of ['etcd', 'etcdctl'])
    if (spawnSync(program, ['--help']).error !== undefined) return `${program} is not installed`;
  return undefined;
}

export class EtcdMember {
  endpoint;
  #child;

  /** @param data its directory, which is not there yet */
  static async start(data) {
    const member = new EtcdMember();
    const [endpoint, peer] = await freeUrls(2);
    member.endpoint = endpoint;
    const urls = ['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint, '--listen-peer-urls', peer];
    const peers = ['--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`];
    member.#child = spawn('etcd', ['--data-dir', data, ...urls, ...peers], { stdio: 'ignore' });
    process.once('exit', () => member.stop());
    const env = { ...process.env, ETCDCTL_API: '3' };
    for (let tries = 0; tries < 100; tries++) {
      if (spawnSync('etcdctl', ['--endpoints', endpoint, 'endpoint', 'health'], { env }).status === 0) return member;
      await sleep(100);
    }
    member.stop();
    throw new Error('etcd does not start');
  }

  stop() {
    this.#child.kill('SIGKILL');
  }

  /** Requests that it has answered, by their names as gRPC has them; watches count when they end. @returns {Promise<Map<string, number>>} */
  async requests() {
    const calls = new Map();
    for (const [, method, count] of (await this.#metrics()).matchAll(
      /^grpc_server_started_total\{.*grpc_method="(\w+)".*\} (\S+)$/gm,
    ))
      calls.set(method, (calls.get(method) ?? 0) + Number(count));
    return calls;
  }

  /** Has it forget the history of its keys. */
  async tidy() {
    const env = { ...process.env, ETCDCTL_API: '3' };
    const ctl = (...words) =>
      execFileSync('etcdctl', ['--endpoints', this.endpoint, ...words], { env, encoding: 'utf8' });
    const [{ Status }] = JSON.parse(ctl('endpoint', 'status', '-w', 'json'));
    ctl('compact', '--physical', String(Status.header.revision));
    ctl('defrag');
  }

  /** What it holds at this moment. */
  async state() {
    const metrics = await this.#metrics();
    const value = (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1] ?? 0);
    return {
      keys: value('etcd_debugging_mvcc_keys_total'),
      databaseMb: value('etcd_mvcc_db_total_size_in_use_in_bytes') / 2 ** 20,
      watches: value('etcd_debugging_mvcc_watcher_total'),
      residentMb: value('process_resident_memory_bytes') / 2 ** 20,
      heapMb: value('go_memstats_heap_alloc_bytes') / 2 ** 20,
      cpuS: value('process_cpu_seconds_total'),
      connections: this.#connections(),
    };
  }

  async #metrics() {
    return (await fetch(`${this.endpoint}/metrics`)).text();
  }

  /** Established connections of clients. */
  #connections() {
    const port = Number(new URL(this.endpoint).port).toString(16).toUpperCase().padStart(4, '0');
    const own = new Set();
    for (const descriptor of readdirSync(`/proc/${this.#child.pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${this.#child.pid}/fd/${descriptor}`))?.[1];
      if (inode !== undefined) own.add(inode);
    }
    const rows = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
    return rows.filter((row) => {
      const [, local, , state, , , , , , inode] = row.trim().split(/\s+/);
      return local.endsWith(`:${port}`) && state === '01' && own.has(inode);
    }).length;
  }
}

/** Of ports of the loopback that were free a moment ago. */
async function freeUrls(count) {
  const servers = Array.from({ length: count }, () => createServer());
  for (const server of servers) await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const urls = servers.map((server) => `http://127.0.0.1:${server.address().port}`);
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return urls;
}

function linkOf(path) {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}
