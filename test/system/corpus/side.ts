import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { LOCAL_SUBMODULES } from '../../updates/repository.js';
import { readUpdate } from '../../updates/systems/ctest.js';
import { environment as systems } from '../../updates/systems/repositories.js';
import { STAGELOCK } from '../programs.js';
import type { Entry, Seen } from './entry.js';

/** A checkout and a build directory: one for ctest, and one like it for stagelock. */
export class Side {
  readonly root: string;
  readonly repositories: string;
  readonly entry: Entry;
  readonly checkout: string;
  readonly source: string;
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;

  /** @param repositories where the entry's repository is, which both sides have */
  constructor(root: string, repositories: string, entry: Entry) {
    this.root = root;
    this.repositories = repositories;
    this.entry = entry;
    this.checkout = join(root, 'checkout');
    this.source = join(this.checkout, entry.below ?? '');
    this.directory = join(root, entry.place ?? 'build');
    this.environment = { ...systems, ...LOCAL_SUBMODULES, PATH: process.env['PATH'], HOME: root };
    mkdirSync(this.directory, { recursive: true });
  }

  run(program: string, args: readonly string[], cwd = this.checkout): string {
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      cwd,
      env: this.environment,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stdout + stderr}`);
    return stdout;
  }

  git(...args: readonly string[]): string {
    return this.run('git', ['-c', 'user.name=n', '-c', 'user.email=n@example.org', ...args]);
  }

  /** Writes what CMake would have written. */
  configure(): void {
    const { configuration, text = (usual: string) => usual, build = {} } = this.entry;
    const lines = {
      SourceDirectory: this.source,
      BuildDirectory: this.directory,
      Site: 'here',
      BuildName: 'gcc',
      NightlyStartTime: '00:00:00 EDT',
      MakeCommand: '/bin/true',
      // CMake writes them all, whatever the system.
      CVSCommand: '/usr/bin/cvs',
      SVNCommand: '/usr/bin/svn',
      HGCommand: '/usr/bin/hg',
      GITCommand: '/usr/bin/git',
      TimeOut: '1500',
      ...configuration?.(this),
    };
    const entries = Object.entries(lines).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}: ${value}\n`],
    );
    this.write('DartConfiguration.tcl', text(entries.join('')));
    for (const [path, content] of Object.entries(build)) this.write(path, content);
  }

  write(path: string, content: string): void {
    const whole = join(this.directory, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, content);
  }

  /** What `ctest` makes of it, one step after the other as `ctest -D` does. */
  byCTest(): Seen {
    const model = this.entry.model ?? 'Experimental';
    const steps = ['Start', 'Update', 'Build', 'Test'].flatMap((step) => ['-T', step]);
    const { status } = this.#spawn('ctest', ['-M', model, ...steps]);
    return this.#seen(status !== 0);
  }

  byStagelock(): { readonly seen: Seen; readonly code: number; readonly stderr: string } {
    const model = this.entry.model ?? 'Experimental';
    const run = [STAGELOCK, '--build-dir', this.directory, 'run', '-M', model];
    const { status, stderr } = this.#spawn(process.execPath, run);
    if (status === null || status > 2) throw new Error(`exit code ${status}: ${stderr}`);
    return { seen: this.#seen(status !== 0), code: status, stderr };
  }

  #spawn(program: string, args: readonly string[]) {
    const options = { cwd: this.directory, env: this.environment, encoding: 'utf8' } as const;
    return spawnSync(program, args, options);
  }

  #seen(isRed: boolean): Seen {
    const tag = this.#read('Testing/TAG')?.trimEnd().split('\n') ?? [];
    const report = (name: string): string => this.#read(`Testing/${tag[0]}/${name}.xml`) ?? '';
    const xml = report('Update');
    const update = xml === '' ? undefined : readUpdate(Buffer.from(xml));
    const tests = (status: string): string[] =>
      [...report('Test').matchAll(/<Test Status="(\w+)">\s*<Name>([^<]*)/g)]
        .filter((match) => match[1] === status)
        .map((match) => match[2] ?? '')
        .sort();
    const count = (name: string): number => report('Build').split(`<${name}>`).length - 1;
    const seen = {
      tag: this.entry.model === 'Nightly' ? tag : tag.slice(1),
      files:
        update &&
        Object.entries(update.files)
          .map(([path, { kind }]) => `${kind} ${path}`)
          .sort(),
      revisions: [update?.prior ?? '', update?.revision ?? ''].join(' '),
      tree: this.#tree(),
      errors: count('Error'),
      warnings: count('Warning'),
      passed: tests('passed'),
      failed: tests('failed'),
      notRun: tests('notrun'),
    };
    const isFailed = isRed || seen.errors > 0 || seen.failed.length > 0 || (update?.status ?? '') !== '';
    return { ...seen, verdict: isFailed ? 'red' : 'green' };
  }

  #tree(): string {
    const digest = createHash('sha256');
    const files = readdirSync(this.checkout, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name))
      .filter((path) => !/\/(\.git|\.svn|\.hg|CVS)(\/|$)/.test(path))
      .sort();
    for (const path of files) digest.update(`${relative(this.checkout, path)}\n`).update(readFileSync(path));
    return digest.digest('hex');
  }

  #read(path: string): string | undefined {
    const whole = join(this.directory, path);
    return existsSync(whole) ? readFileSync(whole, 'utf8') : undefined;
  }
}
