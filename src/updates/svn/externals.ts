import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { real } from '../../config/work-tree.js';
import { wordsOf } from '../../text/words.js';
import type { Checkout, Failed } from '../version-control.js';
import { readSvn } from './command.js';
import { type Info, infosOf } from './info.js';

/** Other working copies that a definition (`svn:externals`) has put into the tree, and that follow their HEAD. */
export interface Externals {
  readonly kind: 'externals';
  /** By path, relative to the source. */
  readonly infos: ReadonlyMap<string, Info>;
}

/** Externals of externals of …; definitions may lead in a circle. */
const DEEPEST = 8;

/**
 * What of the tree comes from elsewhere and moves with every `svn update`: definitions without a revision, as far as they are
 * checked out. Asks only the working copy; one process where there are none.
 */
export async function followingExternals(checkout: Checkout): Promise<Externals | Failed> {
  const following = new Set<string>();
  let places = ['.'];
  for (let depth = 0; places.length > 0 && depth < DEEPEST; depth++) {
    const found = await definitionsIn(checkout, places);
    if (!Array.isArray(found)) return found;
    const there = found.filter(({ path }) => existsSync(join(checkout.source, path)));
    for (const { path, pinned } of there) if (!pinned) following.add(path);
    // What a pinned one defines may follow all the same.
    places = there.map(({ path }) => path).filter((path) => existsSync(join(checkout.source, path, '.svn')));
  }
  const paths = [...following].sort();
  if (paths.length === 0) return { kind: 'externals', infos: new Map() };
  const infos = await infosOf(checkout, paths.map(atHead));
  if (!Array.isArray(infos)) return infos;
  return { kind: 'externals', infos: new Map(paths.flatMap((path, index) => pair(path, infos[index]))) };
}

/** What the servers have of them. */
export async function externalsThere(checkout: Checkout, { infos }: Externals): Promise<Externals | Failed> {
  if (infos.size === 0) return { kind: 'externals', infos };
  const there = await infosOf(
    checkout,
    [...infos.values()].map(({ url }) => atHead(url)),
    'HEAD',
  );
  if (!Array.isArray(there)) return there;
  return { kind: 'externals', infos: new Map([...infos.keys()].flatMap((path, index) => pair(path, there[index]))) };
}

/** So that svn looks for no peg revision in a name. */
const atHead = (place: string): string => `${place}@`;

const pair = (path: string, info: Info | undefined): [string, Info][] => (info === undefined ? [] : [[path, info]]);

/**
 * The revision of a tree: its number, and for each external that follows its HEAD the last revision that changed it,
 * `12+third/lib@5`. Without externals it is the number alone.
 */
export function revisionWith(number: string, { infos }: Externals): string {
  const parts = [...infos].map(([path, { changed }]) => `+${encoded(path)}@${changed}`);
  return `${number}${parts.join('')}`;
}

/** The number of a revision, and of each external the last revision that changed it. */
export function partsOf(revision: string): {
  readonly number: string;
  readonly externals: ReadonlyMap<string, number>;
} {
  const [number = '', ...parts] = revision.split('+');
  const externals = parts.map((part): [string, number] => {
    const at = part.lastIndexOf('@');
    return [decodeURIComponent(part.slice(0, at)), Number(part.slice(at + 1))];
  });
  return { number, externals: new Map(externals) };
}

const encoded = (path: string): string => encodeURIComponent(path).replaceAll('%2F', '/');

interface Definition {
  /** Relative to the source. */
  readonly path: string;
  readonly pinned: boolean;
}

async function definitionsIn(checkout: Checkout, places: readonly string[]): Promise<Definition[] | Failed> {
  const top = real(checkout.source);
  const definitions: Definition[] = [];
  let directory = '';
  const args = ['propget', 'svn:externals', '-R', '--xml', ...places.map(atHead)];
  const read = await readSvn(checkout, args, {
    open: (name, attributes) => {
      if (name === 'target') directory = resolve(top, attributes['path'] ?? '');
    },
    close: (name, text) => {
      if (name !== 'property') return;
      for (const { path, pinned } of definitionsOf(text)) {
        const inTree = relative(top, resolve(directory, path));
        if (inTree !== '' && !inTree.startsWith('..')) definitions.push({ path: inTree, pinned });
      }
    },
  });
  return read.kind === 'failed' ? read : definitions;
}

/**
 * The lines of `svn:externals`: `[-r N] URL[@N] PATH`, or as before Subversion 1.5 `PATH [-r N] URL`, with quotes and
 * backslashes as in a shell. Paths are relative to the directory that has the property.
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
    const peg = isUrl ? (/@([^@/]+)$/.exec(first)?.[1] ?? '') : '';
    const pinned = [operative, peg].some((revision) => revision !== '' && revision.toUpperCase() !== 'HEAD');
    return [{ path: isUrl ? second : first, pinned }];
  });
}
