import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '../../locks/index.js';
import { endedByItself } from '../client.js';
import { decodeText } from '../text.js';
import type { Checkout } from '../version-control.js';
import { failureText, feedGit, runGit } from './command.js';
import { type Looked, nulSeparated } from './tree-state.js';

/** What a revision has at a path. */
interface Blob {
  readonly mode: string;
  readonly id: string;
}

/** A path that a move between two revisions touches. */
export interface Touched {
  /** As bytes, relative to the top of the work tree. */
  readonly path: Buffer;
  readonly from: Blob | undefined;
  readonly to: Blob | undefined;
}

const SUBMODULE = '160000';
const REGULAR = /^100/;

/** Whether it is a submodule in one of them: its tree is no business of this one's. */
export function isSubmodule({ from, to }: Touched): boolean {
  return from?.mode === SUBMODULE || to?.mode === SUBMODULE;
}

/** What differs between two revisions. */
export async function touchedBetween(checkout: Checkout, from: string, to: string): Promise<Looked<Touched[]>> {
  const options = ['-r', '-z', '--raw', '--no-abbrev', '--no-renames', '--no-ext-diff', '--no-relative'];
  const fields = await nulSeparated(checkout, ['diff-tree', ...options, from, to, '--']);
  if (fields.kind === 'failed') return fields;
  const touched: Touched[] = [];
  for (let at = 0; at + 1 < fields.value.length; at += 2) {
    const [oldMode = '', newMode = '', oldId = '', newId = ''] = String(fields.value[at]).slice(1).split(' ');
    const path = fields.value[at + 1] ?? Buffer.alloc(0);
    touched.push({ path, from: blobOf(oldMode, oldId), to: blobOf(newMode, newId) });
  }
  return { kind: 'seen', value: touched };
}

function blobOf(mode: string, id: string): Blob | undefined {
  return mode === '000000' ? undefined : { mode, id };
}

/**
 * Those of the paths where the work tree has what no move between the two revisions can have left there: neither the
 * file of one of them, nor nothing, nor the beginning of one, as a git has written it that was killed.
 *
 * @param checkout the whole work tree, from its top
 */
export async function foreignPaths(checkout: Checkout, touched: readonly Touched[]): Promise<Looked<Buffer[]>> {
  const top = checkout.source;
  const scratch = mkdtempSync(join(tmpdir(), 'stagelock-repair-'));
  try {
    let unlike = touched.filter(({ path }) => standsAt(top, path));
    for (const side of ['from', 'to'] as const) {
      const differing = await differingFrom(checkout, unlike, side, join(scratch, side));
      if (differing.kind === 'failed') return differing;
      unlike = unlike.filter((one) => one[side] === undefined || differing.value.has(key(one.path)));
    }
    const foreign: Buffer[] = [];
    for (const one of unlike) {
      if (!(await isBeginningOf(checkout, one))) foreign.push(one.path);
    }
    return { kind: 'seen', value: foreign };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * Has git compare the work tree with the files of one side, by an index that holds only those: with all filters and line
 * ends, as a commit would.
 */
async function differingFrom(
  checkout: Checkout,
  touched: readonly Touched[],
  side: 'from' | 'to',
  index: string,
): Promise<Looked<ReadonlySet<string>>> {
  const entries = touched.flatMap((one) => {
    const blob = one[side];
    return blob === undefined ? [] : [Buffer.from(`${blob.mode} ${blob.id} 0\t`), one.path, NUL];
  });
  const fill = ['update-index', '-z', '--index-info'];
  const filled = await feedGit(checkout, fill, Buffer.concat(entries), { index });
  if (filled.kind !== 'ok') return { kind: 'failed', message: failureText(checkout, fill, filled) };
  // diff-files alone takes every file for changed whose times it does not know; this exits with 1 where one has changed.
  const refreshed = await feedGit(checkout, ['update-index', '-q', '--refresh'], Buffer.alloc(0), { index });
  if (!endedByItself(refreshed)) return { kind: 'failed', message: `${checkout.source} could not be compared` };
  const chunks: Buffer[] = [];
  const ask = ['diff-files', '-z', '--name-only', '--no-ext-diff', '--ignore-submodules=none'];
  const asked = await feedGit(checkout, ask, Buffer.alloc(0), { index, onStdout: (chunk) => chunks.push(chunk) });
  if (asked.kind !== 'ok') return { kind: 'failed', message: failureText(checkout, ask, asked) };
  const names = Buffer.concat(chunks).toString('latin1').split('\0');
  return { kind: 'seen', value: new Set(names) };
}

/** A path as text of the same bytes, for sets of paths. */
export function key(path: Buffer): string {
  return path.toString('latin1');
}

const NUL = Buffer.alloc(1);

/** A directory is made on the way to its files, and no file of either side is lost with it. */
function standsAt(top: string, path: Buffer): boolean {
  return !(statOf(absolute(top, path))?.isDirectory() ?? true);
}

/** What stands at a path; undefined also where a file stands in place of a directory above it. */
export function statOf(path: Buffer): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** The path of a file of the work tree, as bytes. */
export function absolute(top: string, path: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${top}/`), path]);
}

/** Whether a file is the beginning of what one of the sides has there, as git writes it into the work tree. */
async function isBeginningOf(checkout: Checkout, { path, from, to }: Touched): Promise<boolean> {
  for (const side of [to, from]) {
    if (side === undefined || !REGULAR.test(side.mode)) continue;
    const beginning = await compareBeginning(checkout, absolute(checkout.source, path), decodeText(path), side.id);
    if (beginning) return true;
  }
  return false;
}

async function compareBeginning(checkout: Checkout, file: Buffer, path: string, id: string): Promise<boolean> {
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
  const fd = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return false;
    let at = 0;
    let same = true;
    const args = ['cat-file', '--filters', `--path=${path}`, id];
    const result = await runGit(checkout, args, (chunk) => {
      const mine = Buffer.alloc(Math.min(chunk.length, Math.max(0, stat.size - at)));
      if (same && mine.length > 0) {
        const read = readSync(fd, mine, 0, mine.length, at);
        same = read === mine.length && mine.equals(chunk.subarray(0, mine.length));
      }
      at += chunk.length;
    });
    return result.kind === 'ok' && same && at >= stat.size;
  } finally {
    closeSync(fd);
  }
}
