import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRegularFile } from '../../files/atomic-file.js';
import { exists } from '../look.js';
import type { Checkout } from '../version-control.js';
import { failureText, type GitView, gitIn, type Looked, nulSeparated, nulSeparatedIf } from './command.js';
import { absolute, differingFromIndex, key, NUL, statOf } from './touched.js';

/** A line of `git ls-files -v -s`: a small letter is an assumed-unchanged one, S one that is skipped. */
const LINE = /^(\S) (\d+) (\w+) 0\t/;

const isMark = (letter: number): boolean => (letter >= 0x61 && letter <= 0x7a) || letter === 0x53;

/** A file of the index whose times may say nothing about it. */
interface Hidden {
  readonly path: Buffer;
  /** As `git update-index --index-info` takes it. */
  readonly entry: Buffer;
}

/**
 * The files that differ although git takes them for unchanged: it was told not to look at them (`update-index --assume-unchanged`,
 * `--skip-worktree`), or another text was put into the place of theirs (git-replace(1)), which git has written and
 * believes since. Those that are skipped and not there belong to a sparse checkout. One process where there is none.
 *
 * @param checkout the whole work tree, from its top
 */
export async function hiddenChanges(
  checkout: Checkout,
  gitDirectory: string,
  commonDirectory: string,
): Promise<Looked<Buffer[]>> {
  const replaced = await replacedObjects(checkout, commonDirectory);
  if (replaced.kind === 'failed') return replaced;
  const matters = replaced.value.size === 0 ? isMark : () => true;
  const listed = await nulSeparatedIf(checkout, ['ls-files', '-v', '-s', '-z'], matters);
  if (listed.kind === 'failed') return listed;
  const hidden = listed.value.flatMap((line) => hiddenIn(checkout.source, line, replaced.value) ?? []);
  return hidden.length === 0 ? { kind: 'seen', value: [] } : compare(checkout, gitDirectory, hidden);
}

function hiddenIn(top: string, line: Buffer, replaced: ReadonlySet<string>): Hidden | undefined {
  const [head, letter = '', , id = ''] = LINE.exec(line.toString('latin1')) ?? [];
  if (head === undefined) return undefined;
  if (!isMark(letter.charCodeAt(0)) && !replaced.has(id)) return undefined;
  const path = line.subarray(head.length);
  const isLeftOut = /[sS]/.test(letter) && statOf(absolute(top, path)) === undefined;
  return isLeftOut ? undefined : { path, entry: Buffer.concat([line.subarray(2), NUL]) };
}

/** The objects that others stand in for. Nearly never any: then it costs no process. */
async function replacedObjects(checkout: Checkout, commonDirectory: string): Promise<Looked<ReadonlySet<string>>> {
  const packed = readRegularFile(join(commonDirectory, 'packed-refs')) ?? '';
  if (!exists(join(commonDirectory, 'refs', 'replace')) && !packed.includes(' refs/replace/'))
    return { kind: 'seen', value: new Set() };
  const args = ['for-each-ref', '--format=%(refname:lstrip=2)%00', 'refs/replace'];
  const listed = await nulSeparated(checkout, args);
  if (listed.kind === 'failed') return listed;
  return { kind: 'seen', value: new Set(listed.value.map((name) => name.toString('latin1').trim())) };
}

/**
 * By an index of these files alone, which knows nothing of their times. Not beside that of the tree, where another user than the
 * primary's may not write.
 */
async function compare(checkout: Checkout, gitDirectory: string, hidden: readonly Hidden[]): Promise<Looked<Buffer[]>> {
  const scratch = mkdtempSync(join(tmpdir(), 'stagelock-look-'));
  try {
    const view: GitView = { checkout, gitDirectory, directory: checkout.source, index: join(scratch, 'index') };
    const args = ['update-index', '-z', '--index-info'];
    const done = await gitIn(view, args, { input: Buffer.concat(hidden.map(({ entry }) => entry)) });
    if (done.kind !== 'ok') return { kind: 'failed', message: failureText(checkout, args, done) };
    const differing = await differingFromIndex(view);
    if (differing.kind === 'failed') return differing;
    return { kind: 'seen', value: hidden.flatMap(({ path }) => (differing.value.has(key(path)) ? [path] : [])) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
