import type { Checkout, Failed } from '../version-control.js';
import { readSvn } from './command.js';

/** What `svn info` says of a directory. */
export interface Info {
  readonly kind: 'info';
  readonly revision: number;
  /** The last revision that changed something below it. */
  readonly changed: number;
  readonly url: string;
  readonly root: string;
}

/**
 * Asks about a directory of the working copy, or of the repository when a revision is given.
 *
 * @param where a path or URL, with `@` behind it so that one within is no peg revision
 */
export async function infoOf(checkout: Checkout, where: string, revision?: string): Promise<Info | Failed> {
  const info = { revision: Number.NaN, changed: Number.NaN, url: '', root: '' };
  const args = ['info', '--xml', ...(revision === undefined ? [] : ['-r', revision]), where];
  const read = await readSvn(checkout, args, {
    open: (name, attributes) => {
      if (name === 'entry') info.revision = Number(attributes['revision']);
      if (name === 'commit') info.changed = Number(attributes['revision']);
    },
    close: (name, text) => {
      if (name === 'url') info.url = text;
      if (name === 'root') info.root = text;
    },
  });
  if (read.kind === 'failed') return read;
  if (Number.isSafeInteger(info.revision) && info.url !== '') return { kind: 'info', ...info };
  return { kind: 'failed', message: `svn info says no revision of ${where} in ${checkout.source}` };
}

/** The path of a working copy below the root of its repository, as the log writes it: `` or `/trunk/lib`. */
export function pathInRepository({ url, root }: Pick<Info, 'url' | 'root'>): string {
  return pathOfUrl(url.startsWith(root) ? url.slice(root.length) : '').replace(/\/$/, '');
}

/** A part of a URL as the path that it stands for; Subversion encodes all that is special in one, but no slash. */
export function pathOfUrl(part: string): string {
  return decodeURIComponent(part);
}
