import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  rmSync,
  type Stats,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { errorCode } from '../../host/error-code.js';
import { endedByItself } from '../client.js';
import { decodeText } from '../text.js';
import type { Checkout } from '../version-control.js';
import { failureText, type GitView, gitIn, type Looked, nulSeparated, runGit } from './command.js';

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

/** The two revisions of a move, and where git keeps what it knows of the tree. */
export interface Sides {
  readonly from: string;
  readonly to: string;
  readonly gitDirectory: string;
}

/**
 * Those of the paths where the work tree has what no move between the two revisions can have left there: neither the
 * file of one of them, nor nothing, nor the beginning of one, as a git has written it that was killed.
 *
 * Each file is compared by the attributes (filters, ends of lines) of the revision that it may be of; those in the work
 * tree itself may be of the other one, or gone.
 *
 * @param checkout the whole work tree, from its top
 */
export async function foreignPaths(
  checkout: Checkout,
  sides: Sides,
  touched: readonly Touched[],
): Promise<Looked<Buffer[]>> {
  removeScratch(sides.gitDirectory);
  const scratch = mkdtempSync(join(sides.gitDirectory, SCRATCH));
  try {
    let unlike = touched.filter(({ path }) => standsAt(checkout.source, path));
    for (const side of ['to', 'from'] as const) {
      const view = await viewOf(checkout, sides, side, join(scratch, side), unlike);
      if (view.kind === 'failed') return view;
      const differing = await differingFrom(view.value, unlike, side);
      if (differing.kind === 'failed') return differing;
      const still: Touched[] = [];
      for (const one of unlike) {
        const blob = one[side];
        const same = blob !== undefined && !isAttributes(one) && !differing.value.has(key(one.path));
        if (!same && !(await isBeginningOf(checkout, view.value, one.path, blob))) still.push(one);
      }
      unlike = still;
    }
    return { kind: 'seen', value: unlike.map(({ path }) => path) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const SCRATCH = 'stagelock-repair-';

/** Of a repair that was killed; no other run repairs, since the caller holds `update`. */
function removeScratch(gitDirectory: string): void {
  for (const name of readdirSync(gitDirectory).filter((one) => one.startsWith(SCRATCH))) {
    rmSync(join(gitDirectory, name), { recursive: true, force: true });
  }
}

const ATTRIBUTES = '.gitattributes';

/** What git says of files depends on this file, so it is compared by itself. */
function isAttributes({ path }: Touched): boolean {
  return /(^|\/)\.gitattributes$/.test(key(path));
}

/** A work tree with the attributes of one revision and the files in question as they are. */
async function viewOf(
  checkout: Checkout,
  sides: Sides,
  side: 'from' | 'to',
  place: string,
  touched: readonly Touched[],
): Promise<Looked<GitView>> {
  mkdirSync(place);
  const view = { directory: place, gitDirectory: sides.gitDirectory, index: `${place}.index`, checkout };
  const listing = await nulSeparated(checkout, ['ls-tree', '-r', '-z', '--full-tree', sides[side]]);
  if (listing.kind === 'failed') return listing;
  for (const entry of listing.value) {
    if (!entry.subarray(-ATTRIBUTES.length).equals(Buffer.from(ATTRIBUTES))) continue;
    const [, id, path] = /^100\d+ blob (\w+)\t(.*)$/s.exec(entry.toString('latin1')) ?? [];
    if (id === undefined || path === undefined || basename(path) !== ATTRIBUTES) continue;
    const args = ['cat-file', 'blob', id];
    const chunks: Buffer[] = [];
    const read = await runGit(checkout, args, (chunk) => chunks.push(chunk));
    if (read.kind !== 'ok') return { kind: 'failed', message: failureText(checkout, args, read) };
    writeFileSync(below(place, Buffer.from(path, 'latin1')), Buffer.concat(chunks));
  }
  for (const one of touched.filter((two) => !isAttributes(two))) {
    copyInto(absolute(checkout.source, one.path), below(place, one.path));
  }
  return { kind: 'seen', value: view };
}

/** The path of a file below a directory of ours, whose directories are made. */
function below(place: string, path: Buffer): Buffer {
  const file = absolute(place, path);
  mkdirSync(file.subarray(0, file.lastIndexOf('/')), { recursive: true });
  return file;
}

function copyInto(file: Buffer, copy: Buffer): void {
  const stat = statOf(file);
  if (stat?.isSymbolicLink()) symlinkSync(readlinkSync(file, { encoding: 'buffer' }), copy);
  else if (stat?.isFile()) copyFileSync(file, copy, constants.COPYFILE_FICLONE);
}

/** Has git compare the files in question with those of one side, as a commit would, by an index that holds only those. */
async function differingFrom(
  view: GitView,
  touched: readonly Touched[],
  side: 'from' | 'to',
): Promise<Looked<ReadonlySet<string>>> {
  const entries = touched.flatMap((one) => {
    const blob = one[side];
    return blob === undefined ? [] : [Buffer.from(`${blob.mode} ${blob.id} 0\t`), one.path, NUL];
  });
  const fill = ['update-index', '-z', '--index-info'];
  const filled = await gitIn(view, fill, { input: Buffer.concat(entries) });
  if (filled.kind !== 'ok') return { kind: 'failed', message: failureText(view.checkout, fill, filled) };
  return differingFromIndex(view);
}

/** The files of a view that differ from its index, as {@link key}s. */
export async function differingFromIndex(view: GitView): Promise<Looked<ReadonlySet<string>>> {
  // diff-files alone takes every file for changed whose times it does not know; this exits with 1 where one has changed.
  const refreshed = await gitIn(view, ['update-index', '-q', '--refresh']);
  if (!endedByItself(refreshed)) return { kind: 'failed', message: `${view.checkout.source} could not be compared` };
  const chunks: Buffer[] = [];
  const ask = ['diff-files', '-z', '--name-only', '--no-ext-diff', '--ignore-submodules=none'];
  const asked = await gitIn(view, ask, { onStdout: (chunk) => chunks.push(chunk) });
  if (asked.kind !== 'ok') return { kind: 'failed', message: failureText(view.checkout, ask, asked) };
  const names = Buffer.concat(chunks).toString('latin1').split('\0');
  return { kind: 'seen', value: new Set(names) };
}

/** A path as text of the same bytes, for sets of paths. */
export function key(path: Buffer): string {
  return path.toString('latin1');
}

export const NUL = Buffer.alloc(1);

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

/** Whether a file is the beginning of what one side has there, or all of it, as git writes it into the work tree. */
async function isBeginningOf(checkout: Checkout, view: GitView, path: Buffer, blob?: Blob): Promise<boolean> {
  if (blob === undefined || !REGULAR.test(blob.mode)) return false;
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
  let fd: number;
  try {
    fd = openSync(absolute(checkout.source, path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === 'ELOOP' || errorCode(error) === 'ENXIO') return false;
    throw error;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return false;
    let at = 0;
    let same = true;
    const args = ['cat-file', '--filters', `--path=${decodeText(path)}`, blob.id];
    const onStdout = (chunk: Buffer): void => {
      const mine = Buffer.alloc(Math.min(chunk.length, Math.max(0, stat.size - at)));
      if (same && mine.length > 0) {
        const read = readSync(fd, mine, 0, mine.length, at);
        same = read === mine.length && mine.equals(chunk.subarray(0, mine.length));
      }
      at += chunk.length;
    };
    const result = await gitIn(view, args, { onStdout });
    return result.kind === 'ok' && same && at >= stat.size;
  } finally {
    closeSync(fd);
  }
}
