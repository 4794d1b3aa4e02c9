// A directory with the command that benchmarks have wrapped, and the helpers that wrap it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The native front; without a C compiler there is none, and nothing of this to measure. */
export const HELPER = resolve('dist/ct-lock-helper');
export const STRATEGIES = ['flock', 'lockdir', 'cifs', 'fcntl'];

/** @param {(directory: string, command: string) => Promise<T>} work in a directory that is removed afterwards */
export async function withCommand(work) {
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-bench-'));
  const command = join(directory, 'command');
  try {
    execFileSync('cc', ['-O2', '-o', command, resolve('bench/command.c')]);
    return await work(directory, command);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The command line of a helper that produces a target by some command. */
export function compileCommand(target, strategy, ...command) {
  return [HELPER, 'compile', `--target=${target}`, `--strategy=${strategy}`, '--', ...command];
}
