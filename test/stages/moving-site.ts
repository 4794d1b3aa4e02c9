import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { follower, type HostOf, Hosts, primary } from '../coordination/hosts.js';
import type { Cluster } from '../etcd/members.js';
import { type Ended, stagelock } from '../system/programs.js';

/** Notes the commits that its Update.xml has, and lasts as long as the test says. */
const WORK = [
  'grep -o "commit [0-9]*" Testing/$STAGELOCK_TAG/Update.xml | sort -u | sed "s/commit //" >> ../commits.$STAGELOCK_BUILD',
  'touch ../ran.$STAGELOCK_BUILD',
  'while [ -e ../hold.$STAGELOCK_BUILD ]; do sleep 0.05; done',
].join('; ');

/** The tables of a secondary. */
const secondary = (name: string, directory: string): string =>
  `[builds.${name}]\nprimary = "trunk"\ndirectory = "${directory}"\nupdate_timeout = "20 s"\n[builds.${name}.stages.build]\nshell = ${JSON.stringify(WORK)}\n`;

/** A primary with a secondary on its host, and one that reaches its disk from another host, as long as all is in files. */
export class MovingSite {
  readonly hosts: Hosts;
  readonly alpha: HostOf;
  readonly beta: HostOf;
  readonly #cluster: Cluster;
  readonly #shared: string;

  constructor(cluster: Cluster, endpoints: readonly string[] = cluster.endpoints, more = {}) {
    this.#cluster = cluster;
    const hosts = new Hosts(endpoints, more);
    this.hosts = hosts;
    this.alpha = hosts.host('alpha', primary('trunk', '', WORK) + secondary('s', 's'));
    this.beta = hosts.host('beta', follower('gcc', 'trunk', '', WORK));
    this.#shared = readFileSync(this.alpha.configFile, 'utf8');
    this.inFiles();
  }

  get prefix(): string {
    return this.hosts.coordination.prefix;
  }

  inFiles(): void {
    const files = this.#shared.replace(/\[coordination\][\s\S]*(?=\[defaults\])/, '');
    writeFileSync(this.alpha.configFile, files + secondary('gcc', '../beta/gcc'));
  }

  inEtcd(): void {
    writeFileSync(this.alpha.configFile, this.#shared);
  }

  async run(host: HostOf, build: string): Promise<void> {
    expect(await stagelock(host, ['run', build])).toMatchObject({ code: 0 });
  }

  /** Pushes a commit, which the primary records. */
  async update(): Promise<void> {
    this.hosts.commit();
    await this.run(this.alpha, 'trunk');
  }

  /** The commits that a build has been given, in their order; each time it has built. */
  commits(host: HostOf, build: string): number[] {
    const text = readFileSync(join(host.root, `commits.${build}`), 'utf8').trim();
    return text.split('\n').map(Number);
  }

  migrate(host: HostOf, to: 'etcd' | 'files', ...more: string[]): Promise<Ended> {
    return stagelock(host, ['migrate', '--to', to, ...more]);
  }

  /** Its stages last until this is gone. */
  hold(host: HostOf, build: string): { readonly release: () => void } {
    const file = join(host.root, `hold.${build}`);
    writeFileSync(file, '');
    return { release: () => rmSync(file, { force: true }) };
  }

  /** What stands in etcd, without its prefix. */
  async keys(): Promise<string[]> {
    const { entries } = await this.#cluster.client().list(this.prefix, { keysOnly: true });
    return entries.map(({ key }) => key.slice(this.prefix.length + 1));
  }

  locks(): string[] {
    return ['alpha/trunk', 'alpha/s', 'beta/gcc'].flatMap((directory) => {
      const temporary = join(this.hosts.root, directory, 'Testing', 'Temporary');
      if (!existsSync(temporary)) return [];
      return readdirSync(temporary).filter((name) => /^(running|update|build)/.test(name));
    });
  }

  /** In files, where each build has something that it has not built yet. */
  static async inFilesWithNews(cluster: Cluster, endpoints?: readonly string[], more = {}): Promise<MovingSite> {
    const site = new MovingSite(cluster, endpoints, more);
    for (const build of ['trunk', 's', 'gcc']) await site.run(site.alpha, build);
    await site.update();
    await site.run(site.alpha, 's');
    await site.update();
    return site;
  }
}
