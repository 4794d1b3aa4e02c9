import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { thisHost } from '../../src/host/host.js';
import { until } from '../support/until.js';

export const TYPESCRIPT_HELPER = [process.execPath, resolve('dist/ct-lock-helper.js')] as const;
/** The native front or the TypeScript helper: every test here runs against both (see vitest.config.ts). */
export const HELPER: readonly [string, ...string[]] =
  process.env['STAGELOCK_TEST_HELPER'] === undefined
    ? TYPESCRIPT_HELPER
    : [resolve(process.env['STAGELOCK_TEST_HELPER'])];
if (HELPER.length === 1 && readFileSync(HELPER[0], 'latin1').startsWith('#!'))
  throw new Error(`${HELPER[0]} is not native`);
/** The same as the beginning of a line for a shell. */
export const HELPER_WORDS = HELPER.map((word) => `"${word}"`).join(' ');
export const HAS_CC = hasProgram('cc');
export const HAS_GCC = hasProgram('gcc');
export const HAS_CLANG = hasProgram('clang');
export const HAS_AR = hasProgram('ar');
export const HAS_MAKE = hasProgram('make');
/** Gives a program a terminal. */
export const HAS_SCRIPT = hasProgram('script');
/** Only with it does the command of a killed helper die, too. */
export const HAS_SETPRIV = existsSync('/usr/bin/setpriv');
/** Older tools write the plain host name; in a container's PID namespace they are therefore strangers to us. */
export const SEES_OLDER_TOOLS = thisHost().name === hostname();

/** All strategies leave the same product; they differ in what stands beside it while they work. */
export const LOCKS = { lockdir: '.lockdir', cifs: '.lock.excl', flock: '.lock', fcntl: '.lock' } as const;
export const LOCK_NAMES = Object.keys(LOCKS) as (keyof typeof LOCKS)[];

export interface Ended {
  /** The exit code, or the name of the signal it died of. */
  readonly end: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<Ended>;
}

/** Starts `ct-lock-helper` as a user would. It is killed at the end of the test if it has not ended. */
export function start(args: readonly string[], options: SpawnOptions = {}, words: readonly string[] = HELPER): Running {
  const [program, ...first] = words;
  const child = spawn(program ?? '', [...first, ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (text) => {
    stdout += text;
  });
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((done, fail) => {
    child.once('error', fail);
    child.once('close', (code, signal) => done({ end: code ?? signal ?? 'unknown', stdout, stderr }));
  });
  return { child, pid: child.pid ?? 0, ended };
}

export function helper(args: readonly string[], options: SpawnOptions = {}): Promise<Ended> {
  return start(args, options).ended;
}

/** A new directory that is removed when the test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-compile-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A program for the helper to run. What it is given last is the temporary: `eval "last=\${$#}"`. */
export function script(directory: string, name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\nfor last; do :; done\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** What is in a directory besides the named files: what a helper has left behind. */
export function leftIn(directory: string, ...expected: string[]): string[] {
  return readdirSync(directory).filter((name) => !expected.includes(name) && name !== '.lock-strategy');
}

/** The pid that a script has written, once it has. */
export async function pidIn(file: string): Promise<number> {
  const read = (): number => (existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : 0);
  await until(`${file} names a process`, () => read() > 0);
  return read();
}

/** Whether a process runs; a zombie that nobody reaped does not. */
export function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

export function hasProgram(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0;
}
