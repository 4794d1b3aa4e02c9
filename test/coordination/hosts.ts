import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Coordination } from '../../src/config/project.js';
import { loadProject, type Project, thisHost } from '../../src/index.js';
import { run } from '../../src/stages/run-build.js';
import type { RunContext } from '../../src/stages/run-context.js';
import type { RunResult } from '../../src/stages/run-result.js';

const GIT = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', TZ: 'UTC' };

/** Repositories of a version control system, as far as these tests need them. */
export interface Repository {
  create(path: string): void;
  clone(from: string, to: string): void;
  /** Puts one commit on top, which writes this into the file `latest`. */
  commit(path: string, number: number): void;
  /** The lines of `[builds.NAME.update]`. */
  readonly update: string;
}

const execute = (argv: readonly string[], cwd = '/'): unknown =>
  execFileSync(argv[0] ?? '', argv.slice(1), { cwd, env: GIT, stdio: ['ignore', 'ignore', 'inherit'] });

export const GIT_REPOSITORY: Repository = {
  update: 'type = "git"\nbranch = "main"',
  create: (path) => execute(['git', 'init', '--quiet', '--bare', '--initial-branch=main', path]),
  clone: (from, to) => execute(['git', 'clone', '--quiet', from, to]),
  commit(path, number) {
    const log = `commit ${number}`;
    const content = `${number}\n`;
    const lines = [
      'commit refs/heads/main',
      `committer T <t@example.org> ${1_700_000_000 + number} +0000`,
      `data ${log.length}`,
      log,
      ...(number > 1 ? ['from refs/heads/main^0'] : []),
      `M 100644 inline latest`,
      `data ${content.length}`,
      content,
    ];
    execFileSync('git', ['-C', path, 'fast-import', '--quiet'], { input: `${lines.join('\n')}\n`, env: GIT });
  },
};

export const SVN_REPOSITORY: Repository = {
  update: 'type = "svn"',
  create: (path) => execute(['svnadmin', 'create', path]),
  clone: (from, to) => execute(['svn', 'checkout', '--quiet', `file://${from}`, to]),
  commit(path, number) {
    const work = mkdtempSync(join(tmpdir(), 'stagelock-svn-'));
    execute(['svn', 'checkout', '--quiet', `file://${path}`, work]);
    writeFileSync(join(work, 'latest'), `${number}\n`);
    if (number === 1) execute(['svn', 'add', '--quiet', 'latest'], work);
    execute(['svn', 'commit', '--quiet', '--message', `commit ${number}`], work);
    rmSync(work, { recursive: true });
  },
};

export const HG_REPOSITORY: Repository = {
  update: 'type = "hg"',
  create: (path) => execute(['hg', 'init', path]),
  clone: (from, to) => execute(['hg', 'clone', '--quiet', from, to]),
  commit(path, number) {
    writeFileSync(join(path, 'latest'), `${number}\n`);
    execute(['hg', 'commit', '--addremove', '--quiet', '--user', 'T', '--message', `commit ${number}`], path);
  },
};

/** What hosts share, as their configurations say it. */
export interface SharedSettings {
  readonly endpoints: readonly string[];
  readonly prefix: string;
  readonly lease: string;
  readonly requestTimeout: string;
}

/** A machine that shares nothing with the others but a repository that it can fetch from, and etcd. */
export class HostOf {
  readonly name: string;
  readonly root: string;
  readonly source: string;
  readonly configFile: string;
  readonly project: Project;
  readonly environment: NodeJS.ProcessEnv = GIT;

  constructor(root: string, name: string, shared: SharedSettings, builds: string, repository: Repository) {
    this.name = name;
    this.root = join(root, name);
    this.source = join(this.root, 'source');
    this.configFile = join(this.root, 'stagelock.toml');
    mkdirSync(this.root);
    repository.clone(join(root, 'upstream'), this.source);
    writeFileSync(
      this.configFile,
      `[project]
name = "P"
[coordination]
etcd = ${JSON.stringify(shared.endpoints)}
prefix = "${shared.prefix}"
lease = "${shared.lease}"
request_timeout = "${shared.requestTimeout}"
host = "${name}"
[defaults]
source = "source"
${builds}`,
    );
    const loaded = loadProject(this.configFile, { hostname: name });
    if (loaded.kind !== 'loaded') throw new Error(JSON.stringify(loaded.problems));
    this.project = loaded.project;
  }

  /** One run of a build, within this process. @param alone without what hosts share */
  async run(name: string, more: Partial<RunContext> = {}, { alone = false } = {}): Promise<RunResult> {
    const build = this.project.builds.get(name);
    if (build === undefined) throw new Error(`no build ${name}`);
    const { coordination } = this.project;
    return await run(build, {
      host: thisHost(),
      now: () => new Date(),
      configFile: this.project.file,
      user: 'x',
      command: 'x',
      run: Math.random().toString(36).slice(2),
      environment: GIT,
      secretVariables: new Set(),
      signal: new AbortController().signal,
      report: () => undefined,
      step: () => undefined,
      ...(alone || coordination === undefined ? {} : { coordination }),
      ...more,
    });
  }

  /** What its stages have built, in their order. */
  built(file = 'built'): string[] {
    try {
      return readFileSync(join(this.root, file), 'utf8').trim().split('\n');
    } catch {
      return [];
    }
  }
}

/** A repository and machines that follow it. */
export class Hosts {
  readonly root = mkdtempSync(join(tmpdir(), 'stagelock-hosts-'));
  readonly #shared: SharedSettings;
  readonly #hosts: HostOf[] = [];
  #commits = 0;

  readonly #repository: Repository;

  constructor(endpoints: readonly string[], more: Partial<SharedSettings> = {}, repository = GIT_REPOSITORY) {
    this.#repository = repository;
    const prefix = `/stagelock/${Math.random().toString(36).slice(2)}`;
    this.#shared = { endpoints, prefix, lease: '10 s', requestTimeout: '3 s', ...more };
    repository.create(join(this.root, 'upstream'));
    this.commit();
  }

  /** The number of the newest commit. */
  get commits(): number {
    return this.#commits;
  }

  /** As some host of them has it. */
  get coordination(): Coordination {
    const coordination = this.#hosts[0]?.project.coordination;
    if (coordination === undefined) throw new Error('there is no host yet');
    return coordination;
  }

  host(name: string, builds: string): HostOf {
    const host = new HostOf(this.root, name, this.#shared, builds, this.#repository);
    this.#hosts.push(host);
    return host;
  }

  /** Pushes a commit. @returns its number, which is what is in the file `latest` */
  commit(): number {
    this.#commits += 1;
    this.#repository.commit(join(this.root, 'upstream'), this.#commits);
    return this.#commits;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** What stages do unless a test says otherwise. */
export const WORK = 'cat ../source/latest >> ../built';

/** The tables of a primary. @param work what its stage does, for the shell */
export function primary(
  name: string,
  more = '',
  work = WORK,
  { update }: Pick<Repository, 'update'> = GIT_REPOSITORY,
): string {
  return `[builds.${name}]
directory = "${name}"
${more}
[builds.${name}.update]
${update}
[builds.${name}.stages.build]
shell = ${JSON.stringify(work)}
`;
}

/** The tables of a follower. */
export function follower(name: string, of: string, more = '', work = WORK, repository = GIT_REPOSITORY): string {
  return primary(name, `follows = "${of}"\n${more}`, work, repository);
}
