import { readdirSync, readFileSync } from 'node:fs';
import { errorCode } from '../../host/error-code.js';
import { errorText } from '../../text/error-text.js';
import { exists, look } from '../look.js';
import type { Failed } from '../version-control.js';
import { inSource, type Place, placeOf } from './place.js';
import { type RepositoryPlace, readPlace } from './repository.js';

/** A file that CVS knows. */
export interface Entry extends Place {
  /** `1.2`; `-1.2` when it is to be removed; `0` when it is to be added. */
  readonly revision: string;
  /** When it was written, `Wed Nov 25 09:58:36 2026`, as far as cvs has not changed it since; `Result of merge+…`, … */
  readonly stamp: string;
  /** `-kb`, … */
  readonly options: string;
  /** What it is bound to: `TSIDE`, `T1.2`, `D2026.11.25.00.00.00`. Empty when nothing. */
  readonly tag: string;
}

/** A directory that CVS knows; its path is empty for the source itself. */
export interface Directory extends Place {
  readonly place: RepositoryPlace;
  /** What it is bound to: a branch, a tag, a date. Empty when nothing. */
  readonly tag: string;
}

/** All that CVS notes about a source. Symbolic links are not followed. */
export interface Tree {
  readonly files: readonly Entry[];
  readonly directories: readonly Directory[];
  /** What CVS takes for a directory of its own, and passes over: it has no list of files or no place in the repository, or is a file, or a link. */
  readonly passedOver: readonly Place[];
  /** Directories that CVS does not know. */
  readonly unknown: readonly Place[];
}

interface Growing {
  readonly source: string;
  readonly files: Entry[];
  readonly directories: Directory[];
  readonly passedOver: Place[];
  readonly unknown: Place[];
}

const SLASH = Buffer.from('/');
/** No directory of sources is this deep; a loop of mounts is. */
const DEEPEST = 100;

/** What there is of a source, or why that cannot be told. */
export function treeOf(source: string): { readonly kind: 'tree'; readonly tree: Tree } | Failed {
  try {
    return { kind: 'tree', tree: readTree(source) };
  } catch (error) {
    return { kind: 'failed', message: errorText(error) };
  }
}

/** @throws the system's error, and when the source itself is none of CVS */
export function readTree(source: string): Tree {
  const tree: Growing = { source, files: [], directories: [], passedOver: [], unknown: [] };
  const list = listIn(source, Buffer.alloc(0));
  if (list === undefined) throw new Error(`${source} is not a CVS checkout: CVS/Entries or CVS/Repository is missing`);
  addDirectory(tree, Buffer.alloc(0), list, 0);
  return tree;
}

function addDirectory(tree: Growing, bytes: Buffer, list: List, depth: number): void {
  const { source } = tree;
  const prefix = bytes.length === 0 ? bytes : Buffer.concat([bytes, SLASH]);
  const tag = readText(inSource(source, below(bytes, 'CVS/Tag')))?.trim() ?? '';
  tree.directories.push({ ...placeOf(bytes), place: readPlace(source, bytes), tag });
  for (const [name, fields] of list.files) {
    const file = Buffer.concat([prefix, Buffer.from(name, 'latin1')]);
    tree.files.push({ ...placeOf(file), ...fields });
  }
  if (depth > DEEPEST) throw new Error(`${source} has directories more than ${DEEPEST} deep, ${placeOf(bytes).path}`);
  const present = children(source, bytes);
  for (const name of present) {
    const child = Buffer.concat([prefix, name]);
    // cvs goes down into what its list names, and where it names no directory at all into every one that has a CVS.
    const known = list.directories?.has(name.toString('latin1'));
    const files = known === false ? undefined : listIn(source, child);
    if (files !== undefined) addDirectory(tree, child, files, depth + 1);
    else (known ? tree.passedOver : tree.unknown).push(placeOf(child));
  }
  const names = new Set(present.map((name) => name.toString('latin1')));
  for (const name of list.directories ?? []) {
    const child = Buffer.concat([prefix, Buffer.from(name, 'latin1')]);
    if (names.has(name) || !exists(inSource(source, child))) continue;
    tree.passedOver.push(placeOf(child));
  }
}

/** The path of something in a directory. */
export function below(directory: Buffer, name: Buffer | string): Buffer {
  const bytes = typeof name === 'string' ? Buffer.from(name) : name;
  return directory.length === 0 ? bytes : Buffer.concat([directory, SLASH, bytes]);
}

/** The names of the directories in a directory, sorted. */
function children(source: string, directory: Buffer): Buffer[] {
  try {
    return readdirSync(inSource(source, directory), { withFileTypes: true, encoding: 'buffer' })
      .filter((child) => child.isDirectory() && child.name.toString('latin1') !== 'CVS')
      .map(({ name }) => name)
      .sort(Buffer.compare);
  } catch (error) {
    if (errorCode(error) === 'EACCES' || errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** What stands in a line about a file. */
type Facts = Omit<Entry, keyof Place>;

/** What `CVS/Entries` of one directory says, by names in Latin 1, in which every byte is a character. */
export interface List {
  readonly files: ReadonlyMap<string, Facts>;
  /** Undefined when it says nothing about directories. */
  readonly directories: ReadonlySet<string> | undefined;
}

function listIn(source: string, directory: Buffer): List | undefined {
  // Where cvs does not find it, it passes over the directory.
  if (!look(inSource(source, below(directory, 'CVS/Repository')))?.isFile()) return undefined;
  const text = readText(inSource(source, below(directory, 'CVS/Entries')));
  // What cvs did since it wrote the list. A killed one leaves that, and that of a server at times.
  return text === undefined
    ? undefined
    : parseList(text, readText(inSource(source, below(directory, 'CVS/Entries.Log'))) ?? '');
}

/** @param log lines of the list with `A ` or `R ` before them, in the order in which they came and went */
export function parseList(text: string, log: string): List {
  const files = new Map<string, Facts>();
  let directories: Set<string> | undefined;
  const lines = [...text.split('\n').map((line) => `A ${line}`), ...log.split('\n')];
  for (const line of lines) {
    // `/name/revision/time stamp/options/tag`, `D/name////`; a single `D` says that there is no directory.
    const match = /^([AR]) (D?)(?:\/([^/]+)\/([^/]*)\/([^/]*)\/([^/]*)\/(.*)|$)/.exec(line);
    if (match === null) continue;
    const [, sign, kind, name, revision = '', stamp = '', options = '', tag = ''] = match;
    if (kind === 'D') directories ??= new Set();
    if (name === undefined) continue;
    if (kind === 'D' && sign === 'A') directories?.add(name);
    else if (kind === 'D') directories?.delete(name);
    else if (sign === 'R') files.delete(name);
    else if (/^-?[0-9.]+$/.test(revision)) files.set(name, { revision, stamp, options, tag });
  }
  return { files, directories };
}

function readText(path: Buffer): string | undefined {
  // A FIFO in place of the file must not hang us.
  return look(path)?.isFile() ? readFileSync(path, 'latin1') : undefined;
}

/** The directory that something is in, by paths from the source; empty for the source itself. */
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
