import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { thisHost } from '../../src/index.js';
import { until } from '../support/until.js';
import type { World } from '../support/world.js';

/** The program as it is installed. */
export const STAGELOCK = fileURLToPath(new URL('../../dist/stagelock.js', import.meta.url));

/** How a program ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Start {
  /** Added to the environment of the world. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Nothing but `environment`, as `env -i` and cron do. */
  readonly bare?: boolean;
  /** A user without a name, and a group; root only. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Where standard output goes instead of to us. */
  readonly stdout?: number;
  /** What is put before the program, such as what enters another network. It replaces itself by the program. */
  readonly within?: readonly string[];
  /** Options of Node itself. */
  readonly node?: readonly string[];
  /** Another installation of it. */
  readonly program?: string;
}

/** A program that a test has started. */
export class Running {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get output(): string {
    return this.#stdout;
  }

  /** What a person types. */
  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Closes our end of its standard output, as `head` does when it has seen enough. */
  stopReading(): void {
    this.#child.stdout?.destroy();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async untilOutput(pattern: RegExp, withinMs?: number): Promise<void> {
    await until(
      () => `${pattern} in ${JSON.stringify(this.#stdout)}`,
      () => pattern.test(this.#stdout),
      withinMs,
    );
  }
}

/** Where a program runs, and with which configuration. */
export type Place = Pick<World, 'root' | 'environment' | 'configFile'>;

/** Starts `stagelock` without standard input, as cron would. */
export function start(world: Place, args: readonly string[], options: Start = {}): Running {
  const { bare = false, user, stdout = 'pipe', within = [], node = [], program = STAGELOCK } = options;
  const environment = bare ? options.environment : { ...world.environment, ...options.environment };
  return new Running(
    // 002: cron's umask would keep the group out of what the first user makes
    spawn('/bin/sh', ['-c', 'umask 002; exec "$@"', 'sh', ...within, process.execPath, ...node, program, ...args], {
      cwd: world.root,
      env: { STAGELOCK_CONFIG: world.configFile, ...environment },
      stdio: ['ignore', stdout, 'pipe'],
      ...user,
    }),
  );
}

/** Runs `stagelock` to its end. */
export function stagelock(world: Place, args: readonly string[], options: Start = {}): Promise<Ended> {
  return start(world, args, options).ended;
}

/** Starts `stagelock` on a terminal of its own, with us at the keyboard. */
export function startOnTerminal(world: World, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Running {
  const command = ['exec', process.execPath, STAGELOCK, ...args].join(' ');
  return new Running(
    spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
      cwd: world.root,
      env: { ...world.environment, STAGELOCK_CONFIG: world.configFile, TERM: 'xterm', ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    }),
  );
}

export function untilThere(path: string): Promise<void> {
  return until(path, () => existsSync(path));
}

/** Whether a process runs; a zombie does not. */
export function isRunning(pid: number): boolean {
  return thisHost().process(pid).kind === 'running';
}

/** A message with everything replaced that differs from run to run, so that it can be compared as a whole. */
export function shapeOf(text: string, world: World): string[] {
  const shaped = text
    .replaceAll(world.root, 'ROOT')
    .replace(/\b(process|pid) \d+ /g, '$1 PID ')
    .replaceAll(` of ${userInfo().username} on ${hostname()}`, ' of USER on HOST')
    .replaceAll(hostname(), 'HOST')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\(\d[^)]* ago\)/g, '(AGO)')
    .replace(/running for \d[^)]*\)/g, 'running for AGE)')
    .replace(/acquired \d[^)]* ago\)/g, 'acquired AGO)')
    .replace(/_\d{8}-\d{4}\.log/g, '_STAMP.log');
  return shaped.trimEnd().split('\n');
}

/** Why tests that need root cannot run; undefined when they can. */
export function noRoot(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'needs root';
}

/** Why there is no such tool. */
export function missing(tool: string): string | undefined {
  return spawnSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' }).status === 0
    ? undefined
    : `needs ${tool}, which is not installed`;
}
