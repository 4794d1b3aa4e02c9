import type { Checkout, Failed } from '../version-control.js';
import { readSvn } from './command.js';

/** What `svn status` says of a working copy. */
export interface Status {
  readonly kind: 'status';
  readonly entries: readonly Entry[];
  /** Sorted. */
  readonly modified: readonly string[];
  readonly conflicting: readonly string[];
}

/** What it says of one path. */
export interface Entry {
  readonly path: string;
  /** `normal`, `modified`, `incomplete`, … */
  readonly item: string;
  readonly props: string;
  /** Empty for what is not in the repository, or only as a copy. */
  readonly revision: string;
  readonly conflicted: boolean;
  /** A command that was killed has left its lock here, or one is at work. */
  readonly locked: boolean;
  readonly switched: boolean;
  /** It belongs to another working copy, which an external definition has put here. */
  readonly external: boolean;
}

/**
 * As CTest reads them, but for `incomplete`: that is no change of a person's. It is a directory of which an update that
 * broke off has not brought everything.
 */
const MODIFIED = new Set(['modified', 'missing', 'added', 'deleted', 'replaced']);

/**
 * @param externals also what external definitions have put into the tree; it is in `entries` only
 * @param options `-v` lists all files, with their revisions
 */
export async function statusOf(
  checkout: Checkout,
  options: readonly string[],
  externals: 'with-externals' | 'without-externals' = 'without-externals',
): Promise<Status | Failed> {
  const entries: Entry[] = [];
  const roots: string[] = [];
  let path = '';
  const flags = [...(externals === 'with-externals' ? [] : ['--ignore-externals']), ...options];
  const read = await readSvn(checkout, ['status', '--xml', ...flags, '.@'], {
    open: (name, attributes) => {
      if (name === 'entry') path = attributes['path'] ?? '';
      if (name === 'wc-status') entries.push(entryOf(path, attributes));
      if (name === 'wc-status' && attributes['item'] === 'external') roots.push(path);
    },
  });
  if (read.kind === 'failed') return read;
  const all = entries.map((entry) =>
    roots.some((root) => isWithin(entry.path, root)) ? { ...entry, external: true } : entry,
  );
  const own = all.filter(({ external }) => !external);
  const conflicting = own.filter(({ conflicted }) => conflicted);
  const modified = own.filter(({ conflicted, item }) => !conflicted && MODIFIED.has(item));
  const inOrder = (of: readonly Entry[]): string[] => of.map((entry) => entry.path).sort();
  return { kind: 'status', entries: all, modified: inOrder(modified), conflicting: inOrder(conflicting) };
}

function entryOf(path: string, attributes: Readonly<Record<string, string>>): Entry {
  const { item = '', props = '', revision = '' } = attributes;
  return {
    path,
    item,
    props,
    revision: attributes['copied'] === 'true' || item === 'added' ? '' : revision,
    conflicted: item === 'conflicted' || props === 'conflicted' || attributes['tree-conflicted'] === 'true',
    locked: attributes['wc-locked'] === 'true',
    switched: attributes['switched'] === 'true',
    external: item === 'external' || attributes['file-external'] === 'true',
  };
}

const isWithin = (path: string, directory: string): boolean => path === directory || path.startsWith(`${directory}/`);
