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
export async function statusOf(checkout: Checkout, submodules: 'configured' | 'all'): Promise<Looked<Status>> {
  const options = submodules === 'all' ? ['--ignore-submodules=none'] : [];
  const args = ['status', '--porcelain=v2', '--branch', '-z', '-uno', '--no-renames', ...options];
  const read = await nulSeparated(checkout, args);
  return read.kind === 'failed' ? read : { kind: 'seen', value: statusIn(read.value) };
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
