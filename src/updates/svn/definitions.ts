import { type Info, pathOfUrl } from './info.js';

/** One line of `svn:externals`. */
export interface Definition {
  /** Relative to the directory that has the property. */
  readonly path: string;
  /** As it stands there; it may be relative. */
  readonly url: string;
  /** The revision that it stays at; undefined where it follows HEAD. */
  readonly pinned: string | undefined;
  /** Whether the revision says when, and not only where: what is checked out may then have had another URL. */
  readonly operative: boolean;
}

/**
 * The lines of `svn:externals`: `[-r N] URL[@N] PATH`, or as before Subversion 1.5 `PATH [-r N] URL`, with quotes and
 * backslashes as in a shell.
 */
export function definitionsOf(text: string): Definition[] {
  return text.split(/\r?\n/).flatMap((line) => {
    if (/^\s*(#|$)/.test(line)) return [];
    const words = wordsOf(line);
    const option = words.findIndex((word) => /^-r/.test(word));
    const taken = option < 0 ? [] : words.splice(option, words[option] === '-r' ? 2 : 1);
    const operative = taken.join('').slice(2);
    const [first, second] = words;
    if (first === undefined || second === undefined) return [];
    const isUrl = /^([A-Za-z][A-Za-z0-9+.-]*:\/\/|\^\/|\/|\.\.\/)/.test(first);
    const [, url = '', peg = ''] = isUrl ? (/^(.*?)(?:@([^@/]*))?$/s.exec(first) ?? []) : ['', second];
    const pinned = [operative, peg].find((revision) => revision !== '' && revision.toUpperCase() !== 'HEAD');
    return [{ path: isUrl ? second : first, url, pinned, operative: operative !== '' }];
  });
}

/** Apart by blanks, or in quotes of either kind, with a backslash before what is meant as it is. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')+/g) ?? [];
  return words.map((word) => {
    const unquoted = word.replaceAll(
      /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\\.)/g,
      (_, one, two, escaped) => one ?? two ?? escaped,
    );
    return unquoted.replaceAll(/\\(.)/g, '$1');
  });
}

/**
 * Whether a working copy is one of what a definition names.
 *
 * @param base of the directory that has the property
 */
export function isOf(
  definition: Definition,
  base: Pick<Info, 'url' | 'root'>,
  found: Pick<Info, 'url' | 'root'>,
): boolean {
  const [wanted, there] = [placeOf(absolute(definition.url, base)), placeOf(found.url)];
  if (wanted.path === there.path && wanted.host === there.host) return true;
  // A server may send its clients to another address, which is the one that the working copy then has.
  const inRepository = there.path.slice(placeOf(found.root).path.length);
  return wanted.host !== there.host && wanted.path.endsWith(inRepository);
}

/** Whether two URLs name the same place, however they are written. */
export function areSame(one: string, other: string): boolean {
  const [first, second] = [placeOf(one), placeOf(other)];
  return first.path === second.path && first.host === second.host;
}

function absolute(url: string, base: Pick<Info, 'url' | 'root'>): string {
  if (url.startsWith('^/')) return `${base.root}/${url.slice(2)}`;
  if (url.startsWith('//')) return `${/^[^:]*:/.exec(base.url)?.[0] ?? ''}${url}`;
  if (url.startsWith('/')) return `${/^[^:]*:\/\/[^/]*/.exec(base.url)?.[0] ?? ''}${url}`;
  return url.startsWith('../') ? `${base.url}/${url}` : url;
}

/** The two parts of a URL, in the one way to write them. */
function placeOf(url: string): { readonly host: string; readonly path: string } {
  const [, scheme = '', authority = '', rest = ''] = /^([^:]*):\/\/([^/]*)(.*)$/s.exec(url) ?? [];
  const names: string[] = [];
  for (const name of rest.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(decoded(name));
  }
  return { host: `${scheme}://${authority}`.toLowerCase(), path: names.map((name) => `/${name}`).join('') };
}

function decoded(name: string): string {
  try {
    return pathOfUrl(name);
  } catch {
    return name;
  }
}
