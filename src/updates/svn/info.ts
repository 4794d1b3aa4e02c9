import type { Checkout, Failed } from '../version-control.js';
import { readSvn } from './command.js';

/** What `svn info` says of a directory. */
export interface Info {
  readonly kind: 'info';
  readonly revision: number;
  /** The last revision that changed something below it. */
  readonly changed: number;
  /** When that was committed, as svn writes it, to the microsecond; empty where it does not say. */
  readonly date: string;
  readonly url: string;
  readonly root: string;
  /** `infinity`, or what of a directory is left out; empty where the repository was asked. */
  readonly depth: string;
}

/**
 * Asks about a directory of the working copy, or of the repository when a revision is given.
 *
 * @param where a path or URL, with `@` behind it so that one within is no peg revision
 */
export async function infoOf(checkout: Checkout, where: string, revision?: string): Promise<Info | Failed> {
  const infos = await infosOf(checkout, [where], revision);
  if (!Array.isArray(infos)) return infos;
  return infos[0] ?? { kind: 'failed', message: `svn info says no revision of ${where} in ${checkout.source}` };
}

/** The same of several, in their order; of all, or why not. */
export async function infosOf(
  checkout: Checkout,
  where: readonly string[],
  revision?: string,
): Promise<Info[] | Failed> {
  const infos: Writable[] = [];
  const args = ['info', '--xml', ...(revision === undefined ? [] : ['-r', revision]), ...where];
  const read = await readSvn(checkout, args, {
    open: (name, attributes) => {
      const number = Number(attributes['revision']);
      if (name === 'entry')
        infos.push({ kind: 'info', revision: number, changed: Number.NaN, date: '', url: '', root: '', depth: '' });
      const last = infos.at(-1);
      if (name === 'commit' && last !== undefined) last.changed = number;
    },
    close: (name, text) => {
      const last = infos.at(-1);
      if (name === 'date' && last !== undefined) last.date = text;
      if (name === 'url' && last !== undefined) last.url = text;
      if (name === 'root' && last !== undefined) last.root = text;
      if (name === 'depth' && last !== undefined) last.depth = text;
    },
  });
  if (read.kind === 'failed') return read;
  const wrong = where.find((_, index) => !Number.isSafeInteger(infos[index]?.revision) || infos[index]?.url === '');
  if (wrong === undefined) return infos;
  return { kind: 'failed', message: `svn info says no revision of ${wrong} in ${checkout.source}` };
}

/** The same of several places that svn may know nothing of: undefined for these. */
export async function infosIfThere(checkout: Checkout, where: readonly string[]): Promise<(Info | undefined)[]> {
  if (where.length === 0) return [];
  const all = await infosOf(checkout, where);
  if (Array.isArray(all)) return all;
  const infos: (Info | undefined)[] = [];
  for (const place of where) {
    const info = await infoOf(checkout, place);
    infos.push(info.kind === 'info' ? info : undefined);
  }
  return infos;
}

type Writable = { -readonly [Key in keyof Info]: Info[Key] };

/** The path of a working copy below the root of its repository, as the log writes it: `` or `/trunk/lib`. */
export function pathInRepository({ url, root }: Pick<Info, 'url' | 'root'>): string {
  return pathOfUrl(url.startsWith(root) ? url.slice(root.length) : '').replace(/\/$/, '');
}

/** A part of a URL as the path that it stands for; Subversion encodes all that is special in one, but no slash. */
export function pathOfUrl(part: string): string {
  return decodeURIComponent(part);
}
