import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { journalDirectory, lastRecord } from '../../../src/updates/journal.js';
import type { SystemName } from '../../../src/updates/record.js';
import { STAGELOCK } from '../../system/programs.js';
import { LOCAL_SUBMODULES, temporaryDirectory } from '../repository.js';
import { filesIn } from '../systems/broken.js';
import { readUpdate } from '../systems/ctest.js';
import {
  type Commit,
  environment,
  makeRepository,
  repositoryIn,
  type SourceRepository,
} from '../systems/repositories.js';
import { nastySettings } from './nasty.js';
import type { Mode } from './state.js';

export type BuildName = 'main' | 'other';

/** What a run has come to. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a stage has found in the source, byte for byte. */
export type Files = ReadonlyMap<string, string>;

/** What each repository has at first. */
const FIRST = {
  'a.c': 'int a = 1;\n',
  'b.c': 'int b = 1;\nint b2 = 1;\nint b3 = 1;\nint b4 = 1;\nint b5 = 1;\n',
  'lib/c.c': 'int c = 1;\n',
  'lib/deep/d.c': 'int d = 1;\n',
  'run.sh': '#!/bin/sh\n',
} as const;

/** A line to be copied stands further in than any of ours; what a client has said there does not begin with a program. */
const COMMAND = /^ {8}((?:cd|for file in|git|svn|hg|cvs|rm|mv|cp|mkdir|rmdir|chmod) .*)$/;

/** A repository, a checkout, a primary `main` and a secondary `other`, as a person configures them. */
export class World {
  readonly root: string;
  readonly type: SystemName;
  readonly mode: Mode;
  readonly repository: SourceRepository;
  readonly source: string;
  readonly #settings: NodeJS.ProcessEnv;
  #clones = 0;

  /** Opens the one that is there. */
  constructor(type: SystemName, mode: Mode, root: string) {
    this.type = type;
    this.mode = mode;
    this.root = root;
    this.source = join(root, 'source');
    this.#settings = nastySettings(join(root, 'home'));
    this.repository = repositoryIn(type, root);
  }

  /**
   * @param begin what is done to the repository before it is checked out
   * @param root an empty directory; one that goes with the test unless given
   */
  static make(
    type: SystemName,
    mode: Mode,
    begin: (world: World) => void = () => undefined,
    root = temporaryDirectory(),
  ): World {
    makeRepository(type, root).commit({ log: 'one', write: FIRST });
    const world = new World(type, mode, root);
    begin(world);
    world.repository.clone(world.source);
    writeFileSync(join(root, 'stagelock.toml'), world.#configuration());
    return world;
  }

  #configuration(): string {
    const branch = this.type === 'git' ? ', branch = "main"' : '';
    return `[project]
name = "zoo"
[defaults]
source = "source"
[defaults.stages.build]
# A witness: what a compiler would read.
shell = 'n=$(ls -d seen.* 2>/dev/null | wc -l); cp -a "$STAGELOCK_SOURCE" seen.$n'
[builds.main]
directory = "main"
update = { type = "${this.type}", mode = "${this.mode}"${branch} }
[builds.other]
directory = "other"
primary = "main"
update_timeout = "1 ms"
`;
  }

  /** Pushes news. */
  push(commit: Omit<Commit, 'log'> & { readonly log?: string }): void {
    this.repository.commit({ log: 'news', ...commit });
  }

  /** Runs a program in the source, as a person does. @returns what it wrote. @throws when it fails */
  run(program: string, ...args: readonly string[]): string {
    return this.runIn(this.source, program, ...args);
  }

  runIn(directory: string, program: string, ...args: readonly string[]): string {
    return execFileSync(program, args, {
      cwd: directory,
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
  }

  /** The same, of which a failure is expected, or none of anybody's business. */
  tryTo(program: string, ...args: readonly string[]): Ran {
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: this.source,
      env: this.environment,
      encoding: 'utf8',
    });
    return { code: status, stdout, stderr };
  }

  /** A person's, who knows what the clients do. */
  get environment(): NodeJS.ProcessEnv {
    return { ...environment, ...LOCAL_SUBMODULES, HOME: this.root };
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.source, path)), { recursive: true });
    writeFileSync(join(this.source, path), text);
  }

  append(path: string, text: string): void {
    this.write(path, readFileSync(join(this.source, path), 'utf8') + text);
  }

  remove(path: string): void {
    rmSync(join(this.source, path), { recursive: true, force: true });
  }

  /** Runs a build as cron does, for a user whose settings are the nastiest that the clients allow. */
  build(name: BuildName, options: readonly string[] = ['--every-warning']): Ran {
    const args = [STAGELOCK, '-c', join(this.root, 'stagelock.toml'), 'run', ...options, name];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: this.root,
      env: { ...this.environment, ...this.#settings },
      encoding: 'utf8',
    });
    return { code: status, stdout, stderr };
  }

  /** How often the stages of a build have run. */
  timesBuilt(name: BuildName): number {
    const directory = join(this.root, name);
    return existsSync(directory) ? readdirSync(directory).filter((entry) => entry.startsWith('seen.')).length : 0;
  }

  /** What the stages of a build have found the last time. */
  lastSeenBy(name: BuildName): Files {
    return filesIn(join(this.root, name, `seen.${this.timesBuilt(name) - 1}`));
  }

  /** What the server gives out now. */
  newest(): Files {
    const directory = join(this.root, `clone-${this.#clones++}`);
    this.repository.clone(directory);
    return filesIn(directory);
  }

  /** The files that the last report of a build calls modified or conflicting. */
  reported(name: BuildName): string[] {
    const xml = readFileSync(join(this.root, name, 'Testing', 'Temporary', 'LastUpdate.xml'));
    const { files } = readUpdate(xml);
    return Object.entries(files)
      .filter(([, { kind }]) => kind !== 'Updated')
      .map(([path]) => path)
      .sort();
  }

  /** The revision that the journal says last; undefined before the first. */
  recorded(): string | undefined {
    return lastRecord(journalDirectory(join(this.root, 'main'))).record?.revision;
  }

  /** Does what a message says, as a person who copies its commands. @returns them */
  follow(message: string): string[] {
    const commands = message.split('\n').flatMap((line) => COMMAND.exec(line)?.[1] ?? []);
    for (const command of commands) this.runIn(this.root, 'sh', '-ec', command);
    return commands;
  }
}
