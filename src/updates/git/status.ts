import { decodeText } from '../text.js';
import type { Checkout, Failed, LocalChanges } from '../version-control.js';
import { type Looked, nulSeparated } from './command.js';

/** What `git status` says of a tree. Paths as bytes, relative to the top of the work tree. */
export interface Status {
  /** The commit that is checked out; `(initial)` before the first one. */
  readonly head: string;
  /** Tracked files that differ from it. */
  readonly modified: readonly Buffer[];
  /** Those in which a merge has stopped. */
  readonly unmerged: readonly Buffer[];
  /** All of it, to be compared. */
  readonly entries: readonly Buffer[];
}

/**
 * Looks at all tracked files. Costs one process, and one look at each file; touches nothing.
 *
 * @param submodules those that count as changed: as a user has configured it, or whatever is changed in them
 */
export function statusOf(checkout: Checkout, submodules: 'configured' | 'all'): Promise<Looked<Status>> {
  return read(checkout, ['status', ...PLAIN, ...(submodules === 'all' ? ['--ignore-submodules=none'] : [])]);
}

/**
 * The same of some paths and what is below them, which costs no look at all others. Where they are too many for a command line, or
 * git would not read their names there as they are, all are looked at.
 *
 * @param checkout the whole work tree, from its top, which the paths are relative to
 */
export function statusAt(checkout: Checkout, paths: readonly Buffer[]): Promise<Looked<Status>> {
  const names = paths.map((path) => path.toString());
  const isShort = paths.length > 0 && paths.length <= MOST_PATHS && names.join().length <= MOST_TEXT;
  if (!isShort || names.some((name, index) => !Buffer.from(name).equals(paths[index] ?? NONE)))
    return statusOf(checkout, 'configured');
  return read(checkout, ['--literal-pathspecs', 'status', ...PLAIN, '--', ...names]);
}

const PLAIN = ['--porcelain=v2', '--branch', '-z', '-uno', '--no-renames'];
/** git compares each file with each of them. */
const MOST_PATHS = 100;
const MOST_TEXT = 32 * 1024;
const NONE = Buffer.alloc(0);

async function read(checkout: Checkout, args: readonly string[]): Promise<Looked<Status>> {
  const lines = await nulSeparated(checkout, args);
  return lines.kind === 'failed' ? lines : { kind: 'seen', value: statusIn(lines.value) };
}

function statusIn(entries: readonly Buffer[]): Status {
  let head = '';
  const [modified, unmerged]: [Buffer[], Buffer[]] = [[], []];
  for (const line of entries) {
    const text = line.toString('latin1');
    head = /^# branch\.oid (.*)$/.exec(text)?.[1] ?? head;
    // `u XY SUB m1 m2 m3 mW h1 h2 h3 PATH`
    const conflicting = /^u (?:\S+ ){9}/.exec(text)?.[0];
    const changed = entryOf(line);
    if (changed !== undefined) modified.push(changed.path);
    if (conflicting !== undefined) unmerged.push(line.subarray(conflicting.length));
  }
  return { head, modified, unmerged, entries };
}

/** A tracked file that differs, by its line: `1 XY SUB mH mI mW hH hI PATH`. */
export function entryOf(line: Buffer): Entry | undefined {
  const [fields, kind, mode] = /^1 \S+ (\S)\S* (\d+) (?:\S+ ){4}/.exec(line.toString('latin1')) ?? [];
  if (fields === undefined) return undefined;
  return { path: line.subarray(fields.length), isInHead: mode !== '000000', isSubmodule: kind === 'S' };
}

interface Entry {
  readonly path: Buffer;
  readonly isInHead: boolean;
  readonly isSubmodule: boolean;
}

/** The same, for a person. */
export function localIn({ modified, unmerged }: Status): LocalChanges {
  return { kind: 'local', modified: texts(modified), conflicting: texts(unmerged) };
}

function texts(paths: readonly Buffer[]): string[] {
  return paths.map((path) => decodeText(path)).sort();
}

/** What a person has changed of the tracked files, and where a merge has stopped. */
export async function localChanges(checkout: Checkout): Promise<LocalChanges | Failed> {
  const status = await statusOf(checkout, 'configured');
  return status.kind === 'failed' ? status : localIn(status.value);
}
