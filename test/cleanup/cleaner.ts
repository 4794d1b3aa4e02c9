import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Finding } from '../../src/cleanup/finding.js';
import { thisHost } from '../../src/host/host.js';

const CLEANER = resolve('dist/ct-cleanup-locks.js');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CleanOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** A command before `node`, such as setpriv. */
  readonly through?: readonly string[];
}

/** Runs `ct-cleanup-locks` as a user would. */
export function cleaner(
  args: readonly string[],
  { environment = {}, through = [] }: CleanOptions = {},
): Promise<Ended> {
  const [program = process.execPath, ...rest] = [...through, process.execPath, CLEANER, ...args];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => done({ code, stdout, stderr }));
  });
}

export interface Report {
  readonly directories: number;
  readonly baseFiles: number;
  readonly findings: readonly Finding[];
  readonly problems: readonly { readonly path: string; readonly why: string }[];
}

/** Cleans a directory up, without asking other hosts, and returns what it reports. */
export async function clean(
  directory: string,
  args: readonly string[] = [],
  options: CleanOptions = {},
): Promise<Report & { readonly code: number | null; readonly stderr: string; fates(): Record<string, string> }> {
  const { code, stdout, stderr } = await cleaner(
    [`--objdir=${directory}`, '--json', '--ssh-timeout=0', ...args],
    options,
  );
  const report = JSON.parse(stdout) as Report;
  const fates = (): Record<string, string> =>
    Object.fromEntries(report.findings.map(({ path, fate }) => [relative(directory, path), fate]));
  return { ...report, code, stderr, fates };
}

/** A new directory, on the disk, that is removed when the test ends. */
export function objectDirectory(parent = tmpdir()): string {
  const directory = mkdtempSync(join(parent, 'stagelock-cleanup-'));
  onTestFinished(() => {
    for (const path of [directory, ...readdirSync(directory, { withFileTypes: true }).flatMap(pathOfDirectory)]) {
      chmodSync(path, 0o755);
    }
    rmSync(directory, { recursive: true, force: true });
  });
  chmodSync(directory, 0o755);
  return directory;
}

function pathOfDirectory(entry: { isDirectory(): boolean; parentPath: string; name: string }): string[] {
  return entry.isDirectory() ? [join(entry.parentPath, entry.name)] : [];
}

/** The kinds of locks that outlive their owners, each by what stands beside the target and the file with the name. */
export const STANDING = {
  lockdir: { stands: '.lockdir', record: '.lockdir/pid' },
  cifs: { stands: '.lock.excl', record: '.lock.excl' },
  'flock fallback': { stands: '.lock.pid', record: '.lock.pid' },
} as const;
export type Standing = keyof typeof STANDING;
export const STANDING_NAMES = Object.keys(STANDING) as Standing[];

/** Puts a lock in a directory as if its owner had made it that long ago. Returns its name. */
export function leaveLock(kind: Standing, target: string, record: string, ageS = 7200): string {
  const { stands, record: name } = STANDING[kind];
  if (kind === 'lockdir' && !existsSync(target + stands)) mkdirSync(target + stands);
  leaveFile(target + name, record, ageS);
  return basename(target + stands);
}

/** A file as if it was written that long ago. */
export function leaveFile(path: string, content = 'half an obj', ageS = 7200): string {
  writeFileSync(path, content);
  age(path, ageS);
  return basename(path);
}

export function age(path: string, ageS = 7200): void {
  const then = Date.now() / 1000 - ageS;
  utimesSync(path, then, then);
}

/** The record of a process of this host as it writes it itself. */
export const recordOf = (pid: number): string => `${thisHost().name}:${pid}`;

/** Every name in a directory and below it, sorted. */
export function everything(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
}
