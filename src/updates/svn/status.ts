import type { Checkout, Failed } from '../version-control.js';
import { rootFinder } from '../within.js';
import { readSvn } from './command.js';
import { explainLostCopies } from './pristines.js';

/** What `svn status` says of a working copy, and of the externals in it. */
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
  /** As svn tells them apart: of the text, of properties, of the tree. */
  readonly conflicted: boolean;
  /** A command that was killed has left its lock here, or one is at work. */
  readonly locked: boolean;
  readonly switched: boolean;
  /** It belongs to another working copy, which an external definition has put here, or is a file that one has. */
  readonly external: boolean;
}

/** What a person does to a file; `incomplete`, for one, is what an update that broke off does to a directory. */
const CHANGED = new Set(['modified', 'added', 'deleted', 'replaced']);

/** @param options `-v` lists all files, with their revisions */
export async function statusOf(checkout: Checkout, options: readonly string[]): Promise<Status | Failed> {
  const entries: Entry[] = [];
  const roots: string[] = [];
  let path = '';
  const read = await readSvn(checkout, ['status', '--xml', ...options, '.@'], {
    open: (name, attributes) => {
      if (name === 'entry') path = attributes['path'] ?? '';
      if (name === 'wc-status') entries.push(entryOf(path, attributes));
      if (name === 'wc-status' && attributes['item'] === 'external') roots.push(path);
    },
  });
  if (read.kind === 'failed') {
    const lost = await explainLostCopies(checkout, read.message);
    return { kind: 'failed', message: [read.message, ...lost].join('\n') };
  }
  const within = rootFinder(roots);
  const all = entries.map((entry) => (within(entry.path) === undefined ? entry : { ...entry, external: true }));
  const paths = (isSo: (entry: Entry) => boolean): string[] => [
    ...new Set(
      all
        .filter(isSo)
        .map((entry) => entry.path)
        .sort(),
    ),
  ];
  // As CTest reads them.
  const isConflicting = (entry: Entry): boolean => entry.conflicted || entry.item === 'obstructed';
  const isModified = (entry: Entry): boolean => !isConflicting(entry) && (isChanged(entry) || entry.item === 'missing');
  return { kind: 'status', entries: all, modified: paths(isModified), conflicting: paths(isConflicting) };
}

/** Whether a person has changed it; what is missing comes back with the next update. */
export function isChanged({ item, props, conflicted }: Entry): boolean {
  return !conflicted && (CHANGED.has(item) || props === 'modified');
}

function entryOf(path: string, attributes: Readonly<Record<string, string>>): Entry {
  const { item = '', props = '', revision = '' } = attributes;
  const inRepository = attributes['copied'] !== 'true' && item !== 'added' && revision !== '-1';
  return {
    path,
    item,
    props,
    revision: inRepository ? revision : '',
    conflicted: item === 'conflicted' || props === 'conflicted' || attributes['tree-conflicted'] === 'true',
    locked: attributes['wc-locked'] === 'true',
    switched: attributes['switched'] === 'true',
    external: item === 'external' || attributes['file-external'] === 'true',
  };
}
