import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { digestOf, readEntries } from '../../src/updates/cvs/entries.js';
import { treeOf } from './tree.js';

export const SYSTEMS = ['git', 'svn', 'hg', 'cvs'] as const;
export type System = (typeof SYSTEMS)[number];

const execute = promisify(execFile);

/** A real repository on this disk; commits come from a working copy that only the pusher uses. */
export class Repository {
  readonly system: System;
  readonly #store: string;
  readonly #work: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #numbers = new Map<string, number>();
  #head = 0;

  /** @param root an empty directory */
  constructor(system: System, root: string, environment: NodeJS.ProcessEnv) {
    this.system = system;
    this.#store = join(root, 'store');
    this.#work = join(root, 'work');
    this.#environment = environment;
    mkdirSync(root, { recursive: true });
  }

  /** The number of the newest commit. */
  get head(): number {
    return this.#head;
  }

  /** The commit that a revision in a report names; a report of Mercurial has its first digits only. */
  commitOf(revision: string): number | undefined {
    const exact = this.#numbers.get(revision);
    if (exact !== undefined || this.system !== 'hg') return exact;
    return [...this.#numbers].find(([name]) => name.startsWith(revision))?.[1];
  }

  async create(): Promise<void> {
    const { system } = this;
    const [store, work] = [this.#store, this.#work];
    const above = dirname(store);
    if (system === 'git') {
      await this.#run(above, 'git', 'init', '-q', '--bare', '-b', 'main', store);
      await this.#run(above, 'git', 'clone', '-q', store, work);
      await this.#run(work, 'git', 'checkout', '-q', '-b', 'main');
    } else if (system === 'svn') {
      await this.#run(above, 'svnadmin', 'create', store);
      await this.#run(above, 'svn', 'mkdir', '-q', '-m', 'layout', `file://${store}/trunk`);
      await this.#run(above, 'svn', 'checkout', '-q', `file://${store}/trunk`, work);
    } else if (system === 'hg') {
      await this.#run(above, 'hg', 'init', store);
      await this.#run(above, 'hg', 'clone', '-q', store, work);
    } else {
      await this.#run(above, 'cvs', '-d', store, 'init');
      mkdirSync(join(store, 'module'));
      await this.#run(above, 'cvs', '-Q', '-d', store, 'checkout', '-d', 'work', 'module');
    }
    await this.push();
  }

  /** Commits the next tree and makes it public. One push at a time. */
  async push(): Promise<void> {
    const number = this.#head + 1;
    const added: string[] = [];
    for (const [path, text] of treeOf(number)) {
      const file = join(this.#work, path);
      if (!existsSync(file)) added.push(path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    this.#head = number;
    this.#numbers.set(await this.#commit(number, added), number);
  }

  /** The commit, made and public. @returns the name that reports have for it */
  async #commit(number: number, added: readonly string[]): Promise<string> {
    const work = this.#work;
    const message = `commit ${number}`;
    switch (this.system) {
      case 'git':
        await this.#run(work, 'git', 'add', '-A');
        await this.#run(work, 'git', 'commit', '-q', '-m', message);
        await this.#run(work, 'git', 'push', '-q', 'origin', 'main');
        return (await this.#run(work, 'git', 'rev-parse', 'HEAD')).trim();
      case 'svn':
        await this.#run(work, 'svn', 'add', '-q', '--parents', ...added);
        await this.#run(work, 'svn', 'commit', '-q', '-m', message);
        await this.#run(work, 'svn', 'update', '-q');
        return (await this.#run(work, 'svn', 'info', '--show-item', 'revision')).trim();
      case 'hg':
        await this.#run(work, 'hg', 'commit', '-q', '-A', '-u', 'ann', '-m', message);
        await this.#run(work, 'hg', 'push', '-q');
        return (await this.#run(work, 'hg', 'log', '-r', '.', '-T', '{node}')).trim();
      case 'cvs': {
        if (!existsSync(join(work, 'lib', 'CVS'))) await this.#runCvs(work, 'add', 'lib');
        const unknown = added.filter(
          (file) => !readFileSync(join(work, dirname(file), 'CVS/Entries'), 'utf8').includes(`/${basename(file)}/`),
        );
        if (unknown.length > 0) await this.#runCvs(work, 'add', ...unknown);
        await this.#runCvs(work, 'commit', '-m', message);
        return digestOf(readEntries(work));
      }
    }
  }

  async checkout(directory: string): Promise<void> {
    const above = dirname(directory);
    const store = this.#store;
    mkdirSync(above, { recursive: true });
    if (this.system === 'svn') await this.#run(above, 'svn', 'checkout', '-q', `file://${store}/trunk`, directory);
    else if (this.system === 'cvs')
      await this.#run(above, 'cvs', '-Q', '-d', store, 'checkout', '-d', directory.slice(above.length + 1), 'module');
    else await this.#run(above, this.system, 'clone', '-q', store, directory);
  }

  /** The newest commit without anything of the version control system, as a release is made. */
  async exportTo(directory: string): Promise<void> {
    const above = dirname(directory);
    const store = this.#store;
    switch (this.system) {
      case 'git':
        mkdirSync(directory);
        await this.#run(above, 'sh', '-c', `git -C '${store}' archive main | tar -xf - -C '${directory}'`);
        return;
      case 'svn':
        await this.#run(above, 'svn', 'export', '-q', `file://${store}/trunk`, directory);
        return;
      case 'hg':
        await this.#run(above, 'hg', '-R', store, 'archive', '-r', 'tip', directory);
        rmSync(join(directory, '.hg_archival.txt'));
        return;
      case 'cvs':
        await this.#run(above, 'cvs', '-Q', '-d', store, 'export', '-D', 'now', '-d', 'export', 'module');
    }
  }

  /**
   * Cvs waits half a minute for the lock of another one that has died meanwhile, with half of a commit public; so it is ended
   * soon, and does the rest at the next try.
   */
  async #runCvs(cwd: string, ...args: string[]): Promise<void> {
    for (let tries = 1; ; tries++) {
      this.#removeLocksOfTheDead();
      try {
        await execute('cvs', ['-Q', ...args], { cwd, env: this.#environment, timeout: 3000 * tries });
        return;
      } catch (error) {
        if (tries === 6) throw error;
      }
    }
  }

  /** A killed cvs leaves its locks in the repository, where its administrator removes them (cvs has nothing for that). */
  #removeLocksOfTheDead(): void {
    for (const name of readdirSync(this.#store, { recursive: true, encoding: 'utf8' })) {
      const path = join(this.#store, name);
      if (/(^|\/)#cvs\.[^/]*$/.test(name) && isOfTheDead(path)) rmSync(path, { recursive: true, force: true });
    }
  }

  async #run(cwd: string, program: string, ...args: string[]): Promise<string> {
    const { stdout } = await execute(program, args, { cwd, env: this.#environment, timeout: 60_000 });
    return stdout;
  }
}

/** A lock of cvs names its process; but `#cvs.lock`, which a living one holds for a moment only. */
function isOfTheDead(lock: string): boolean {
  const pid = /\.(\d+)$/.exec(lock)?.[1];
  try {
    if (pid === undefined) return Date.now() - statSync(lock).mtimeMs > 2000;
    return readFileSync(`/proc/${pid}/comm`, 'utf8') !== 'cvs\n'; // numbers are used again
  } catch {
    return true;
  }
}
