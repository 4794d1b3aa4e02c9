import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { Checkout } from '../../src/updates/version-control.js';

/** Neither the machine's nor the user's configuration takes part. */
export const environment: NodeJS.ProcessEnv = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Ann Author',
  GIT_AUTHOR_EMAIL: 'ann@example.org',
  GIT_COMMITTER_NAME: 'Carl Committer',
  GIT_COMMITTER_EMAIL: 'carl@example.org',
};

/** What takes submodules from other directories of this machine, as a person allows who keeps them there. */
export const LOCAL_SUBMODULES = {
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'protocol.file.allow',
  GIT_CONFIG_VALUE_0: 'always',
} as const;

/** A new directory that is removed when the test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-updates-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export type Repository = ReturnType<typeof repositoryAt>;

/** git and files in one work tree. */
export function repositoryAt(directory: string) {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: directory, env: environment, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  const write = (path: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  };
  return {
    directory,
    git,
    write,
    read: (path: string): string => readFileSync(join(directory, path), 'utf8'),
    head: (): string => git('rev-parse', 'HEAD'),
    /** Writes the files, commits everything and returns the commit. */
    commit(message: string, files: Readonly<Record<string, string>> = {}): string {
      for (const [path, content] of Object.entries(files)) write(path, content);
      git('add', '-A');
      git('commit', '-q', '--allow-empty', '-m', message);
      return git('rev-parse', 'HEAD');
    },
  };
}

/** An origin with one commit on `main`, and a clone of it: the source tree of a primary. */
export function originAndClone(): { root: string; origin: Repository; clone: Repository; checkout: Checkout } {
  const root = temporaryDirectory();
  mkdirSync(join(root, 'origin'));
  const origin = repositoryAt(join(root, 'origin'));
  origin.git('-c', 'init.defaultBranch=main', 'init', '-q');
  origin.commit('first', { 'a.txt': 'one\n', 'src/b.c': 'int b;\n' });
  origin.git('clone', '-q', origin.directory, join(root, 'clone'));
  const clone = repositoryAt(join(root, 'clone'));
  return { root, origin, clone, checkout: checkoutOf(clone) };
}

export function checkoutOf(clone: Repository, more: Partial<Checkout> = {}): Checkout {
  return { source: clone.directory, timeoutMs: 30_000, graceMs: 2_000, environment, ...more };
}

export function script(path: string, text: string): string {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Waits until a program of a test has written its process id. */
export async function pidIn(file: string): Promise<number> {
  for (let tries = 0; tries < 500; tries++) {
    const pid = Number.parseInt(readIfThere(file), 10);
    if (pid > 0) return pid;
    await sleep(10);
  }
  throw new Error(`${file} was never written`);
}

/** Whether a process runs; a zombie that nobody reaped does not. */
export function runs(pid: number): boolean {
  const stat = readIfThere(`/proc/${pid}/stat`);
  return stat !== '' && !/^\d+ \(.*\) [ZX]/s.test(stat);
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
