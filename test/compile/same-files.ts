import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Ended, helper } from './helper.js';

/** What a command leaves: each file by its path, and what it said. */
export interface Outcome {
  readonly files: Readonly<Record<string, string>>;
  readonly ended: Ended;
}

/** The files of a directory and those below it, by their paths in it; `latin1`, so that every byte is one character. */
export function filesBelow(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    names
      .filter((entry) => !entry.isDirectory() && entry.name !== '.lock-strategy')
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path): [string, string] => [path.slice(directory.length + 1), readFileSync(path, 'latin1')])
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

/** Makes a directory anew, with these files in it. */
export function fill(directory: string, files: Readonly<Record<string, string>>): void {
  rmSync(directory, { recursive: true, force: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
    // A precompiled header of clang has the time of its source in it.
    utimesSync(join(directory, name), MADE, MADE);
  }
}

const MADE = new Date('2002-01-31T21:00:00Z');

/** Runs a command in a directory as it is. */
export function plainly(directory: string, argv: readonly string[]): Outcome {
  const [program = '', ...rest] = argv;
  const { status, signal, stdout, stderr, error } = spawnSync(program, rest, { cwd: directory, encoding: 'utf8' });
  if (error !== undefined) throw error;
  return { files: filesBelow(directory), ended: { end: status ?? signal ?? 'unknown', stdout, stderr } };
}

/** Runs it by `ct-lock-helper launch`; by lockdir, which leaves nothing of its own. */
export async function launched(directory: string, argv: readonly string[]): Promise<Outcome> {
  const ended = await helper(['launch', '--strategy=lockdir', '--', ...argv], { cwd: directory });
  return { files: filesBelow(directory), ended };
}
