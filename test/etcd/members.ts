import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Etcd } from '../../src/etcd/etcd.js';
import type { EtcdSettings } from '../../src/etcd/settings.js';
import type { Machine } from '../support/machines.js';
import { makeAuthority, type Pem } from './certificates.js';

function answers(program: string, word: string): boolean {
  return spawnSync(program, [word], { env: { ...process.env, ETCDCTL_API: '3' } }).status === 0;
}

/** Why there can be no cluster here; undefined where there can. */
export const noEtcd =
  answers('etcd', '--version') && answers('etcdctl', 'version') ? undefined : 'etcd or etcdctl is not installed';

export interface ClusterOptions {
  readonly members?: 1 | 3;
  /** Members have certificates of an authority of the cluster's own. */
  readonly tls?: boolean;
  /** With `tls`: whether they want a certificate of their clients, too. */
  readonly clientCertificates?: boolean;
  /** Further arguments of each member. */
  readonly more?: readonly string[];
  /** Where each member is, instead of all on the loopback. The first one has its data on a disk of {@link DISK_MB}. */
  readonly machines?: readonly Machine[] | undefined;
}

/** Twice what etcd sets aside for its log, and a little more. */
const DISK_MB = 192;

/** A member of a cluster: a process of etcd with its data. */
export interface Member {
  readonly name: string;
  readonly endpoint: string;
  /** Where its data is. */
  readonly data: string;
  readonly machine: Machine | undefined;
  readonly running: boolean;
  /** Ends it as a power failure does. */
  kill(): Promise<void>;
  /** It keeps its connections and does nothing. */
  pause(): void;
  resume(): void;
  /** Starts it again, with its data. */
  start(): Promise<void>;
}

/** A cluster of etcd on the loopback, with its data in a temporary directory. */
export class Cluster {
  readonly directory: string;
  readonly pem: Pem | undefined;
  readonly members: readonly Process[];
  readonly #clients: Etcd[] = [];

  /** Started, and with a leader. The caller ends it by {@link stop}. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const directory = mkdtempSync(join(tmpdir(), 'stagelock-etcd-'));
    const count = options.members ?? 1;
    const ports = await freePorts(2 * count);
    const cluster = new Cluster(directory, ports, options);
    const [first] = cluster.members;
    if (first?.machine !== undefined) {
      mkdirSync(first.data);
      await first.machine.mountDisk(first.data, DISK_MB);
    }
    try {
      await Promise.all(cluster.members.map((member) => member.start()));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  private constructor(directory: string, ports: readonly number[], options: ClusterOptions) {
    this.directory = directory;
    this.pem = options.tls === true ? makeAuthority(directory) : undefined;
    const scheme = this.pem === undefined ? 'http' : 'https';
    const count = ports.length / 2;
    const names = ports.slice(0, count).map((_, index) => `m${index + 1}`);
    const address = (index: number): string => options.machines?.[index]?.address ?? '127.0.0.1';
    const peerOf = (index: number): string => `http://${address(index)}:${ports[count + index]}`;
    const peers = names.map((name, index) => `${name}=${peerOf(index)}`);
    this.members = names.map((name, index) => {
      const endpoint = `${scheme}://${address(index)}:${ports[index]}`;
      const peer = peerOf(index);
      const tls =
        this.pem === undefined
          ? []
          : [
              ...['--cert-file', this.pem.server.cert, '--key-file', this.pem.server.key],
              ...(options.clientCertificates === true ? ['--client-cert-auth', '--trusted-ca-file', this.pem.ca] : []),
            ];
      const machine = options.machines?.[index];
      const data = join(directory, name);
      const argv = [
        ...(machine?.withinDisks ?? []),
        ...['etcd', '--name', name, '--data-dir', data],
        ...['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
        ...['--initial-cluster', peers.join(','), '--initial-cluster-token', directory],
        // Elections in tests need not take as long as between continents; but longer than a busy machine stands still.
        ...['--heartbeat-interval', '100', '--election-timeout', '1000'],
        ...['--logger', 'zap', '--log-level', 'warn'],
        ...UNSAFE,
        ...tls,
        ...(options.more ?? []),
      ];
      return new Process({ name, endpoint, data, machine }, argv, `${data}.log`, (words) =>
        this.control(words, endpoint),
      );
    });
  }

  get endpoints(): string[] {
    return this.members.map(({ endpoint }) => endpoint);
  }

  /** A client that {@link stop} closes. */
  client(more: Partial<EtcdSettings> = {}, environment: NodeJS.ProcessEnv = {}): Etcd {
    const settings = { endpoints: this.endpoints, caFile: this.pem?.ca, requestTimeoutMs: 5000, ...more };
    const client = new Etcd(settings, environment);
    this.#clients.push(client);
    return client;
  }

  /** What etcdctl says. */
  ctl(words: readonly string[], endpoint = this.endpoints.join(',')): string {
    return execFileSync('etcdctl', this.#wordsFor(words, endpoint), { ...CTL, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Likewise, while this process goes on. */
  async control(words: readonly string[], endpoint = this.endpoints.join(',')): Promise<string> {
    return (await promisify(execFile)('etcdctl', this.#wordsFor(words, endpoint), CTL)).stdout;
  }

  #wordsFor(words: readonly string[], endpoint: string): string[] {
    const { pem } = this;
    const tls = pem === undefined ? [] : ['--cacert', pem.ca, '--cert', pem.client.cert, '--key', pem.client.key];
    return ['--endpoints', endpoint, ...tls, ...words];
  }

  /** From then on users have to log in: root, with the password `root`, and those that were made before. */
  enableAuthentication(): void {
    this.ctl(['user', 'add', 'root:root']);
    this.ctl(['user', 'grant-role', 'root', 'root']);
    this.ctl(['auth', 'enable']);
  }

  async leader(): Promise<Process> {
    for (;;) {
      for (const member of this.members) {
        if (!member.running) continue;
        const [status] = JSON.parse(this.ctl(['endpoint', 'status', '-w', 'json'], member.endpoint)) as [MemberStatus];
        if (BigInt(status.Status.leader) === BigInt(status.Status.header.member_id)) return member;
      }
      await sleep(50);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await Promise.all(this.members.map((member) => member.kill()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

interface MemberStatus {
  readonly Status: { readonly leader: number; readonly header: { readonly member_id: number } };
}

const CTL = { encoding: 'utf8', env: { ...process.env, ETCDCTL_API: '3' }, timeout: 20_000 } as const;

/** Not in 3.4. */
const UNSAFE =
  noEtcd === undefined && spawnSync('etcd', ['--help'], { encoding: 'utf8' }).stdout.includes('--unsafe-no-fsync')
    ? ['--unsafe-no-fsync']
    : [];

class Process implements Member {
  readonly name: string;
  readonly endpoint: string;
  readonly data: string;
  readonly machine: Machine | undefined;
  readonly #argv: readonly string[];
  readonly #log: string;
  readonly #ctl: (words: readonly string[]) => Promise<string>;
  #child: ChildProcess | undefined;

  constructor(
    { name, endpoint, data, machine }: Pick<Member, 'name' | 'endpoint' | 'data' | 'machine'>,
    argv: readonly string[],
    log: string,
    ctl: (words: readonly string[]) => Promise<string>,
  ) {
    this.name = name;
    this.endpoint = endpoint;
    this.data = data;
    this.machine = machine;
    this.#argv = argv;
    this.#log = log;
    this.#ctl = ctl;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  async start(): Promise<void> {
    const log = openSync(this.#log, 'a');
    const [program = '', ...args] = this.#argv;
    const child = spawn(program, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#child = child;
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined;
    });
    const end = performance.now() + 30_000;
    while (!(await this.#healthy())) {
      if (this.#child === undefined || performance.now() > end) {
        throw new Error(`etcd does not start:\n${readFileSync(this.#log, 'utf8').slice(-2000)}`);
      }
      await sleep(100);
    }
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.kill('SIGKILL');
    });
  }

  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async #healthy(): Promise<boolean> {
    try {
      const said = await this.#ctl(['--command-timeout', '2s', 'endpoint', 'status', '-w', 'json']);
      const [status] = JSON.parse(said) as [MemberStatus];
      return status.Status.leader > 0;
    } catch {
      return false;
    }
  }
}

/** Ports of the loopback that were free a moment ago. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address !== null && typeof address === 'object') ports.push(address.port);
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}
