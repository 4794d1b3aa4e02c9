import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Etcd } from '../../../src/etcd/etcd.js';
import { until } from '../../support/until.js';

/** A change of a key, as etcd says it. */
export interface Event {
  readonly kind: 'put' | 'removed';
  readonly key: string;
  readonly value: string;
  readonly revision: number;
  /** How often it was put since it was made. */
  readonly version: number;
}

/** What `etcdctl watch` prints for a few of them. */
interface Printed {
  readonly Events:
    | readonly {
        readonly type?: number;
        readonly kv: {
          readonly key: string;
          readonly value?: string;
          readonly mod_revision: number;
          readonly version?: number;
        };
      }[]
    | null;
  readonly Canceled: boolean;
  readonly CompactRevision: number;
}

/** All that changes in etcd, from its first revision on, seen by etcd's own client. */
export class Chronicle {
  /** Those below the prefix. */
  readonly events: Event[] = [];
  readonly #etcd: Etcd;
  readonly #prefix: string;
  readonly #endpoints: readonly string[];
  #watch: ChildProcess | undefined;
  #problem: string | undefined;
  #revision = 0;
  #isOver = false;

  constructor(etcd: Etcd, endpoints: readonly string[], prefix: string) {
    this.#etcd = etcd;
    this.#prefix = `${prefix}/`;
    this.#endpoints = endpoints;
    this.#follow();
  }

  /**
   * Waits until all that has happened so far is here.
   *
   * @returns the revision up to which it is; undefined when that was not to be had in time
   */
  async upToNow(withinMs: number): Promise<number | undefined> {
    try {
      const now = Number((await this.#etcd.list(this.#prefix, { limit: 1, keysOnly: true })).revision);
      await until('the chronicle', () => this.#problem !== undefined || this.#revision >= now, withinMs);
    } catch {
      return undefined;
    }
    if (this.#problem !== undefined) throw new Error(this.#problem);
    return this.#revision;
  }

  stop(): void {
    this.#isOver = true;
    this.#watch?.kill('SIGKILL');
  }

  /** etcdctl ends when its member has no leader. What it has missed is there still: nothing is forgotten that is not here. */
  #follow(): void {
    if (this.#isOver) return;
    const from = String(this.#revision + 1);
    const words = ['watch', '--prefix', '/', '--rev', from, '-w', 'json'];
    const watch = spawn('etcdctl', ['--endpoints', this.#endpoints.join(','), ...words], {
      env: { ...process.env, ETCDCTL_API: '3' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#watch = watch;
    createInterface({ input: watch.stdout }).on('line', (line) => {
      if (this.#watch === watch) this.#hear(line);
    });
    watch.once('close', () => setTimeout(() => this.#follow(), 200));
  }

  #hear(line: string): void {
    const { Events, Canceled, CompactRevision } = JSON.parse(line) as Printed;
    if (CompactRevision > 0) this.#problem = `etcdctl watch comes too late: ${line}`;
    if (Canceled) this.#watch?.kill('SIGKILL');
    for (const { type, kv } of Events ?? []) {
      this.#revision = kv.mod_revision;
      const key = Buffer.from(kv.key, 'base64').toString();
      if (!key.startsWith(this.#prefix)) continue;
      const kind = type === 1 ? 'removed' : 'put';
      const value = Buffer.from(kv.value ?? '', 'base64').toString();
      this.events.push({ kind, key, value, revision: kv.mod_revision, version: kv.version ?? 0 });
    }
  }
}
