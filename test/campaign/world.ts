import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Repository } from './repository.js';
import { BUILDS, PRIMARY, type RunPlan, type Schedule } from './schedule.js';
import { writeWitnesses } from './witness.js';

/** What the campaign finds on this machine. */
export interface Machine {
  /** dist/stagelock.js */
  readonly program: string;
  /** The library of halt.c; undefined without a C compiler. */
  readonly halt: string | undefined;
  /** libfaketime; undefined where it is not installed. */
  readonly faketime: string | undefined;
  readonly mounts: boolean;
}

export type WorldOptions = Pick<Schedule, 'system' | 'waits' | 'smallDisks' | 'jumps' | 'limits'>;

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** No run of the campaign takes this long, however loaded the machine is. */
const HANGS_MS = 120_000;
const SMALL_DISK = '12m';

/** The directory of one schedule: repository, source, builds, configuration, witnesses. */
export class CampaignWorld {
  readonly root: string;
  readonly repository: Repository;
  readonly source: string;
  readonly directories = new Map<string, string>();
  readonly machine: Machine;
  readonly #schedule: WorldOptions;
  readonly #mounts: string[] = [];
  #configuration = 'stagelock.toml';
  #full: string | undefined;
  #runs = 0;

  constructor(schedule: WorldOptions, machine: Machine) {
    this.#schedule = schedule;
    this.machine = machine;
    this.root = mkdtempSync(join(tmpdir(), 'stagelock-campaign-'));
    this.source = join(this.root, 'source', 'tree');
    for (const build of BUILDS) this.directories.set(build, join(this.root, build, 'build'));
    writeWitnesses(this.root, schedule.system);
    this.repository = new Repository(schedule.system, join(this.root, 'repository'), ENVIRONMENT);
  }

  async create(): Promise<void> {
    for (const name of ['source', ...BUILDS]) {
      const directory = join(this.root, name);
      mkdirSync(directory);
      if (this.#schedule.smallDisks && this.machine.mounts) {
        execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK}`, 'stagelock-campaign', directory]);
        this.#mounts.push(directory);
      }
    }
    this.setClock(0);
    await this.repository.create();
    await this.repository.checkout(this.source);
    this.#configure();
  }

  /**
   * Starts a run as cron would.
   *
   * @param before a program that starts it, with its arguments
   * @returns its serial number, its process, its end
   */
  start(
    plan: RunPlan,
    before: readonly string[] = [],
  ): { readonly run: number; readonly child: ChildProcess; readonly ended: Promise<Ended> } {
    this.#runs += 1;
    const run = this.#runs;
    const limit = plan.fileLimit === undefined ? before : ['prlimit', `--fsize=${plan.fileLimit}`, '--'];
    const halts = plan.strike?.on === 'halt' || plan.slowUs > 0;
    const environment = {
      CAMPAIGN_RUN: String(run),
      CAMPAIGN_TURNS: String(Math.ceil(plan.stageMs / 40)),
      CAMPAIGN_FAILS: plan.fails ? '1' : '0',
      CAMPAIGN_LEAVES: plan.leaves,
      CAMPAIGN_SLOW: String(plan.slowUs),
      CAMPAIGN_HALT: plan.strike?.on === 'halt' ? String(plan.strike.nth) : '0',
      CAMPAIGN_FAIL: String(plan.failingChanges),
      CAMPAIGN_PRELOAD: halts ? (this.machine.halt ?? '') : '',
    };
    return {
      run,
      ...this.#spawn(
        [...limit, process.execPath, this.machine.program, 'run', '--every-warning', plan.build],
        environment,
      ),
    };
  }

  /** Runs any command of stagelock to its end. */
  stagelock(...args: string[]): Promise<Ended> {
    return this.#spawn([process.execPath, this.machine.program, ...args], { CAMPAIGN_RUN: '0' }).ended;
  }

  /** Whether a process belongs to this world; numbers of processes are used again. */
  owns(pid: number): boolean {
    return environmentOf(pid).includes(`CAMPAIGN_ROOT=${this.root}`);
  }

  /** All processes of this world with this in their environment. */
  processes(variable = `CAMPAIGN_ROOT=${this.root}`): number[] {
    const pids = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
    return pids.filter((pid) => {
      const environment = environmentOf(pid);
      return environment.includes(variable) && environment.includes(`CAMPAIGN_ROOT=${this.root}`);
    });
  }

  /** Seconds beside the true time, for everything that runs here; without effect in schedules whose clock never jumps. */
  setClock(offset: number): void {
    writeFileSync(join(this.root, 'clock.new'), `${offset < 0 ? '' : '+'}${offset}\n`);
    renameSync(join(this.root, 'clock.new'), join(this.root, 'clock'));
  }

  /** Fills the disk of a build or of the source to the last byte. */
  fillDisk(of: string): void {
    if (this.#mounts.length === 0) return;
    this.freeDisk();
    this.#full = join(this.root, of, 'filler');
    spawnSync('dd', ['if=/dev/zero', `of=${this.#full}`, 'bs=4k'], { stdio: 'ignore' });
  }

  freeDisk(): void {
    if (this.#full !== undefined) rmSync(this.#full, { force: true });
    this.#full = undefined;
  }

  /** Moves a build directory to another name and tells the configuration. */
  moveBuild(build: string): void {
    const from = this.directory(build);
    const to = join(dirname(from), from.endsWith('build') ? 'moved' : 'build');
    renameSync(from, to);
    this.directories.set(build, to);
    this.#configure();
  }

  /** Takes a build directory away. @returns brings it back, in place of what has been made there meanwhile */
  takeAway(build: string): () => void {
    const from = this.directory(build);
    renameSync(from, `${from}.away`);
    return () => {
      rmSync(from, { recursive: true, force: true });
      renameSync(`${from}.away`, from);
    };
  }

  /** Gives the configuration another name. */
  moveConfiguration(): void {
    const from = this.#configuration;
    this.#configuration = from === 'stagelock.toml' ? 'moved.toml' : 'stagelock.toml';
    renameSync(join(this.root, from), join(this.root, this.#configuration));
  }

  directory(build: string): string {
    const directory = this.directories.get(build);
    if (directory === undefined) throw new Error(`no build ${build}`);
    return directory;
  }

  /** Ends whatever still runs. */
  async endProcesses(): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      const pids = this.processes();
      if (pids.length === 0) return;
      for (const pid of pids) signal(pid, 'SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends whatever still runs and removes everything. */
  async remove(keep: boolean): Promise<void> {
    await this.endProcesses();
    if (keep) return;
    for (const directory of this.#mounts) spawnSync('umount', ['-l', directory]);
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #spawn(argv: readonly string[], environment: NodeJS.ProcessEnv): { child: ChildProcess; ended: Promise<Ended> } {
    const [program = '', ...rest] = argv;
    const child = spawn(program, rest, {
      cwd: this.root,
      env: { ...ENVIRONMENT, ...this.#clockEnvironment(), ...this.#environment(), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        said[stream] += text;
      });
    }
    const ended = new Promise<Ended>((resolve, reject) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), HANGS_MS);
      child.once('error', reject);
      // Not `close`: what a killed run leaves behind holds its pipes for as long as it lives.
      child.once('exit', (code, name) => {
        clearTimeout(timer);
        setImmediate(() => resolve({ code, signal: name, ...said }));
      });
    });
    return { child, ended };
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      PATH: `${join(this.root, 'bin')}:${process.env['PATH']}`,
      STAGELOCK_CONFIG: join(this.root, this.#configuration),
      CAMPAIGN_ROOT: this.root,
      CAMPAIGN_SOURCE: this.source,
    };
  }

  #clockEnvironment(): NodeJS.ProcessEnv {
    if (!this.#schedule.jumps || this.machine.faketime === undefined) return {};
    return {
      LD_PRELOAD: this.machine.faketime,
      FAKETIME_TIMESTAMP_FILE: join(this.root, 'clock'),
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
  }

  #configure(): void {
    const { system, waits } = this.#schedule;
    const stage = JSON.stringify([join(this.root, 'bin', 'stage')]);
    const policy = waits ? 'when_secondaries_build = "wait"\nsecondaries_timeout = "2 s"\n' : '';
    const lines = [
      '[project]\nname = "campaign"',
      `[defaults]\nsource = "${this.source}"\ngrace = "1 s"\nupdate_timeout = "2 s"`,
      `[defaults.stages.configure]\ncommand = ${stage}\non_failure = "continue"`,
      `[defaults.stages.build]\ncommand = ${stage}`,
      ...BUILDS.map((build) => {
        const directory = `[builds.${build}]\ndirectory = "${this.directory(build)}"`;
        if (build !== PRIMARY) return `${directory}\nprimary = "${PRIMARY}"`;
        return `${directory}\n${policy}\n[builds.${build}.update]\ntype = "${system}"${system === 'git' ? '\nbranch = "main"' : ''}`;
      }),
    ];
    writeFileSync(join(this.root, this.#configuration), `${lines.join('\n\n')}\n`);
  }
}

/** No configuration of a person's takes part. */
const ENVIRONMENT: NodeJS.ProcessEnv = {
  HOME: '/nonexistent',
  PATH: process.env['PATH'],
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Ann Author',
  GIT_AUTHOR_EMAIL: 'ann@example.org',
  GIT_COMMITTER_NAME: 'Carl Committer',
  GIT_COMMITTER_EMAIL: 'carl@example.org',
  HGRCPATH: '',
  HGENCODING: 'UTF-8',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
};

/** Sends a signal to a process, or to a group where the number is negative. False when there is none. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

/** Empty also for the dead that are only not reaped. */
function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Whether small disks can be mounted here. */
export function canMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-mount-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', directory]).status === 0;
  if (mounted) spawnSync('umount', [directory]);
  rmSync(directory, { recursive: true });
  return mounted;
}

/** The first of these files that is there. */
export function firstOf(files: readonly string[]): string | undefined {
  return files.find((file) => existsSync(file));
}
