import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checkout } from '../version-control.js';
import { failureText, type GitView, gitIn, type Looked, nulSeparated } from './command.js';
import { absolute, differingFromIndex, key, NUL, statOf } from './touched.js';

/** What stands before a file in `git ls-files -v`: a small letter is an assumed-unchanged one, S one that is skipped. */
const HIDDEN = /^(?:[a-z]|S) /;
const SKIPPED = /^[Ss] /;

/**
 * The files that differ although git was told not to look at them (`update-index --assume-unchanged`, `--skip-worktree`). Those
 * that are skipped and not there belong to a sparse checkout. One process where no file is marked so.
 *
 * @param checkout the whole work tree, from its top
 */
export async function hiddenChanges(checkout: Checkout, gitDirectory: string): Promise<Looked<Buffer[]>> {
  const listed = await nulSeparated(checkout, ['ls-files', '-v', '-z']);
  if (listed.kind === 'failed') return listed;
  const marked = listed.value.filter((line) => HIDDEN.test(line.toString('latin1', 0, 2)));
  const isThere = (line: Buffer): boolean => statOf(absolute(checkout.source, line.subarray(2))) !== undefined;
  const hidden = marked.filter((line) => !SKIPPED.test(line.toString('latin1', 0, 2)) || isThere(line));
  if (hidden.length === 0) return { kind: 'seen', value: [] };
  return compare(
    checkout,
    gitDirectory,
    hidden.map((line) => line.subarray(2)),
  );
}

/** By a copy of the index in which nothing is marked. Not beside it, where another user than the primary's may not write. */
async function compare(checkout: Checkout, gitDirectory: string, paths: readonly Buffer[]): Promise<Looked<Buffer[]>> {
  const scratch = mkdtempSync(join(tmpdir(), 'stagelock-look-'));
  try {
    const index = join(scratch, 'index');
    copyFileSync(join(gitDirectory, 'index'), index);
    const view: GitView = { checkout, gitDirectory, directory: checkout.source, index };
    const input = Buffer.concat(paths.flatMap((path) => [path, NUL]));
    for (const mark of ['--no-assume-unchanged', '--no-skip-worktree']) {
      const args = ['update-index', mark, '-z', '--stdin'];
      const done = await gitIn(view, args, { input });
      if (done.kind !== 'ok') return { kind: 'failed', message: failureText(checkout, args, done) };
    }
    const differing = await differingFromIndex(view);
    if (differing.kind === 'failed') return differing;
    return { kind: 'seen', value: paths.filter((path) => differing.value.has(key(path))) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
