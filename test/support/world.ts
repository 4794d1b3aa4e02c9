import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Build, loadProject, type Project, type RunStep } from '../../src/index.js';

/** A line that a worker wrote about one of its runs. */
export interface WorldEvent {
  readonly build: string;
  readonly run: string;
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly step?: RunStep;
  readonly result?: string;
  readonly error?: string;
  readonly warning?: string;
  /** Written by a test that has cleared the locks of the build. */
  readonly unlocked?: boolean;
  /** Written by a test before a run: whether it will be killed at any moment, not only right after a step. */
  readonly anyMoment?: boolean;
}

export interface WorldOptions {
  readonly secondaries: readonly string[];
  /** Lines for the table of the primary. */
  readonly primary?: string;
  /** Lines for `[defaults]`. */
  readonly defaults?: string;
  /** What the build stage does besides bearing witness; a shell command. */
  readonly work?: string;
  /** Where the build directories are; by default beside everything else. */
  readonly buildsIn?: string;
}

/**
 * A real repository, its clone as the shared source, a primary `main` and some secondaries.
 *
 * Every commit adds one file of its own, so that an Update.xml tells which commits it reports. A kernel lock that no
 * lock of stagelock has to do with is held shared by every build command, and exclusively by each git command that
 * changes the tree: whoever does not get it has caught an overlap of update and build, and writes it down.
 */
export class World {
  readonly root: string;
  readonly source: string;
  readonly configFile: string;
  readonly eventFile: string;
  readonly witness: string;
  readonly buildsIn: string;
  readonly project: Project;
  readonly environment: NodeJS.ProcessEnv;
  #commits = 0;

  constructor(options: WorldOptions) {
    this.root = mkdtempSync(join(tmpdir(), 'stagelock-world-'));
    this.source = join(this.root, 'source');
    this.configFile = join(this.root, 'stagelock.toml');
    this.eventFile = join(this.root, 'events');
    this.witness = join(this.root, 'witness');
    this.buildsIn = options.buildsIn ?? this.root;
    for (const name of ['seen', 'bin']) mkdirSync(join(this.root, name));
    for (const name of ['events', 'witness', 'overlaps']) writeFileSync(join(this.root, name), '');
    this.slowUpdates(0);
    this.environment = {
      ...process.env,
      PATH: `${join(this.root, 'bin')}:${process.env['PATH']}`,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
      TZ: 'UTC',
    };
    this.#writeTools();
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', join(this.root, 'upstream.git')]);
    this.commit(1);
    execFileSync('git', ['clone', '--quiet', join(this.root, 'upstream.git'), this.source], { env: this.environment });
    writeFileSync(this.configFile, this.#config(options));
    const loaded = loadProject(this.configFile, { hostname: 'test' });
    if (loaded.kind !== 'loaded') throw new Error(JSON.stringify(loaded.problems));
    this.project = loaded.project;
  }

  build(name: string): Build {
    const build = this.project.builds.get(name);
    if (build === undefined) throw new Error(`no build ${name}`);
    return build;
  }

  temporary(name: string): string {
    return join(this.build(name).directory, 'Testing', 'Temporary');
  }

  /** The number of the newest commit upstream. */
  get commits(): number {
    return this.#commits;
  }

  /** Puts some commits on top of the branch, the way a push would: in one step. */
  commit(count: number): void {
    const lines: string[] = [];
    for (let index = 0; index < count; index++) {
      this.#commits += 1;
      const log = `commit ${this.#commits}`;
      lines.push('commit refs/heads/main', `committer T <t@example.org> ${1_700_000_000 + this.#commits} +0000`);
      lines.push(`data ${log.length}`, log);
      if (index === 0 && this.#commits > 1) lines.push('from refs/heads/main^0');
      const content = `${this.#commits}\n`;
      lines.push(`M 100644 inline c${this.#commits}`, `data ${content.length}`, content);
      lines.push(`M 100644 inline latest`, `data ${content.length}`, content);
    }
    execFileSync('git', ['-C', join(this.root, 'upstream.git'), 'fast-import', '--quiet'], {
      input: `${lines.join('\n')}\n`,
      env: this.environment,
    });
  }

  /** Makes every change of the tree take this long. */
  slowUpdates(seconds: number): void {
    writeFileSync(join(this.root, 'slow'), String(seconds));
  }

  events(): WorldEvent[] {
    return readFileSync(this.eventFile, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as WorldEvent);
  }

  /** Adds to the log of events what the test itself does. */
  note(event: Pick<WorldEvent, 'build' | 'unlocked' | 'anyMoment'>): void {
    appendFileSync(this.eventFile, `${JSON.stringify(event)}\n`);
  }

  /** What the witness wrote down; empty as long as all is well. */
  overlaps(): string {
    return readFileSync(join(this.root, 'overlaps'), 'utf8');
  }

  /** The numbers of the commits that the Update.xml of a run reported, in order; undefined if it built nothing. */
  reported(run: string): number[] | undefined {
    const file = join(this.root, 'seen', `${run}.xml`);
    if (!existsSync(file)) return undefined;
    const names = [...readFileSync(file, 'utf8').matchAll(/<FullName>c(\d+)<\/FullName>/g)];
    return names.map((match) => Number(match[1])).sort((a, b) => a - b);
  }

  /** The lock files of a build's own directory, sorted. */
  lockFiles(name: string): string[] {
    const known = /^(running(\..+)?|update|configure|build|test)$/;
    return readdirSync(this.temporary(name))
      .filter((file) => known.test(file))
      .sort();
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #writeTools(): void {
    const git = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    const overlaps = join(this.root, 'overlaps');
    script(
      join(this.root, 'bin', 'git'),
      `case " $* " in
*" merge "*|*" reset "*)
  flock --exclusive --nonblock --conflict-exit-code 99 '${this.witness}' \
    sh -c 'sleep "$(cat "$0")"; exec "$@"' '${join(this.root, 'slow')}' '${git}' "$@"
  code=$?
  [ $code -ne 99 ] || echo "an update began while somebody was building" >> '${overlaps}'
  exit $code ;;
esac
exec '${git}' "$@"`,
    );
    script(
      join(this.root, 'bin', 'bear-witness'),
      `exec 9< '${this.witness}'
flock --shared --nonblock 9 || { echo "$STAGELOCK_BUILD builds during an update" >> '${overlaps}'; exit 99; }
before=$(cat "$STAGELOCK_SOURCE/latest")
sh -c "\${1:-:}"
after=$(cat "$STAGELOCK_SOURCE/latest")
[ "$before" = "$after" ] || echo "$STAGELOCK_BUILD saw $before become $after" >> '${overlaps}'
cp "$STAGELOCK_BUILD_DIR/Testing/$STAGELOCK_TAG/Update.xml" '${this.root}'/seen/$STAGELOCK_RUN.tmp
mv '${this.root}'/seen/$STAGELOCK_RUN.tmp '${this.root}'/seen/$STAGELOCK_RUN.xml`,
    );
  }

  #config({ secondaries, primary = '', defaults = '', work = ':' }: WorldOptions): string {
    const lines = [
      '[project]\nname = "world"',
      `[defaults]\nsource = "${this.source}"\ngrace = "1 s"\n${defaults}`,
      `[defaults.stages.build]\ncommand = ["bear-witness", ${JSON.stringify(work)}]`,
      `[builds.main]\ndirectory = "${join(this.buildsIn, 'main')}"\n${primary}`,
      '[builds.main.update]\ntype = "git"\nbranch = "main"',
      ...secondaries.map((name) => `[builds.${name}]\nprimary = "main"\ndirectory = "${join(this.buildsIn, name)}"`),
    ];
    return `${lines.join('\n\n')}\n`;
  }
}

function script(path: string, text: string): void {
  appendFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}
