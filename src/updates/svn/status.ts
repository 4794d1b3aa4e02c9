import type { Checkout, Failed } from '../version-control.js';
import { readSvn } from './command.js';

/** What `svn status` says of a working copy. */
export interface Status {
  readonly kind: 'status';
  /** One text for each path that it lists, which changes with anything that it says of it. */
  readonly entries: readonly string[];
  /** Sorted. */
  readonly modified: readonly string[];
  readonly conflicting: readonly string[];
}

/** As CTest reads them. */
const MODIFIED = new Set(['modified', 'missing', 'incomplete', 'added', 'deleted', 'replaced']);

/** @param options `-v` lists all files, with their revisions */
export async function statusOf(checkout: Checkout, options: readonly string[]): Promise<Status | Failed> {
  const entries: string[] = [];
  const modified: string[] = [];
  const conflicting: string[] = [];
  let path = '';
  const read = await readSvn(checkout, ['status', '--xml', '--ignore-externals', ...options, '.@'], {
    open: (name, attributes) => {
      if (name === 'entry') path = attributes['path'] ?? '';
      if (name !== 'wc-status') return;
      const { item = '', props = '', revision = '' } = attributes;
      entries.push([path, item, props, revision, attributes['tree-conflicted'] ?? ''].join('\0'));
      const conflict = item === 'conflicted' || props === 'conflicted' || attributes['tree-conflicted'] === 'true';
      if (conflict) conflicting.push(path);
      else if (MODIFIED.has(item)) modified.push(path);
    },
  });
  if (read.kind === 'failed') return read;
  return { kind: 'status', entries, modified: modified.sort(), conflicting: conflicting.sort() };
}
