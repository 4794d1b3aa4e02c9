import { join } from 'node:path';
import { exists } from '../look.js';
import { decodeText } from '../text.js';
import type { Checkout, Failed } from '../version-control.js';
import { rowsOf } from './command.js';

/** A repository within a tree, and what a revision of the tree wants it to be. */
export interface Subrepository {
  /** From the top of the tree. */
  readonly path: string;
  readonly type: 'hg' | 'git' | 'svn';
  readonly revision: string;
}

export type Subrepositories = { readonly kind: 'subrepositories'; readonly all: readonly Subrepository[] } | Failed;

/**
 * The subrepositories of a revision. Where the tree knows none hg is not asked.
 *
 * @param changed whether what the tree says of them differs from the revision
 */
export async function subrepositoriesOf(
  checkout: Checkout,
  top: string,
  revision: string,
  changed: boolean,
): Promise<Subrepositories> {
  if (!changed && !exists(join(top, '.hgsub'))) return { kind: 'subrepositories', all: [] };
  const texts = await rowsOf(
    checkout,
    ['cat', '-r', revision, 'path:.hgsub', 'path:.hgsubstate'],
    ['{path}', '{data}'],
  );
  if (texts.kind === 'failed') {
    return /no such file in rev/.test(texts.message) ? { kind: 'subrepositories', all: [] } : texts;
  }
  const [sources = '', states = ''] = ['.hgsub', '.hgsubstate'].map((name) =>
    texts.rows
      .filter(([path]) => path?.toString() === name)
      .map(([, data]) => decodeText(data ?? Buffer.alloc(0)))
      .join(''),
  );
  return { kind: 'subrepositories', all: readSubrepositories(sources, states) };
}

/** Reads `.hgsub` (PATH = [TYPE]SOURCE) and `.hgsubstate` (REVISION PATH), in which paths may have stayed that are none any more. */
export function readSubrepositories(sources: string, states: string): Subrepository[] {
  const types = new Map<string, Subrepository['type']>();
  for (const line of sources.split('\n')) {
    const [, path, type = 'hg'] = /^([^=#[][^=]*?)\s*=\s*(?:\[(git|svn|hg)\])?/.exec(line) ?? [];
    if (path !== undefined) types.set(path, type as Subrepository['type']);
  }
  return states.split('\n').flatMap((line) => {
    const [, revision, path] = /^(\S+) (.+)$/.exec(line) ?? [];
    const type = path === undefined ? undefined : types.get(path);
    return revision === undefined || path === undefined || type === undefined ? [] : [{ path, type, revision }];
  });
}
