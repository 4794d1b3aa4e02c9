import { join } from 'node:path';
import type { Checkout, Failed } from '../version-control.js';
import { type Definition, definitionsOf } from './definitions.js';
import { type Info, infoOf, infosIfThere } from './info.js';
import { isWorkingCopy, mayBeOfSvn } from './places.js';
import { ownersOf } from './property.js';

/** A source: its own working copy, and the others that definitions (`svn:externals`) put into it. */
export interface Tree {
  readonly kind: 'tree';
  readonly info: Info;
  /** Sorted by path. */
  readonly externals: readonly External[];
}

export interface External {
  /** Relative to the source. */
  readonly path: string;
  /** The one that has the definition. */
  readonly directory: string;
  readonly definition: Definition;
  /** What is checked out there; undefined when nothing is, or nothing that svn knows. */
  readonly info: Info | undefined;
  /** Of the directory; undefined when svn does not know it. */
  readonly base: Info | undefined;
}

/** Externals of externals of …; definitions may lead in a circle. */
const DEEPEST = 8;

/** The directory of the working copy; the `@` keeps svn from looking for a peg revision. */
const HERE = '.@';

/** Looks at the working copy only; two processes where nothing comes from elsewhere. */
export async function treeOf(checkout: Checkout): Promise<Tree | Failed> {
  const info = await infoOf(checkout, HERE);
  if (info.kind === 'failed') return info;
  const found = new Map<string, Found>();
  let places = ['.'];
  for (let depth = 0; places.length > 0 && depth < DEEPEST; depth++) {
    const definitions = await definitionsIn(checkout, places);
    if (!Array.isArray(definitions)) return definitions;
    const fresh = definitions.filter(({ path }) => !found.has(path));
    for (const definition of fresh) found.set(definition.path, definition);
    places = fresh.map(({ path }) => path).filter((path) => isWorkingCopy(join(checkout.source, path)));
  }
  const all = [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  const there = all.filter(({ path }) => mayBeOfSvn(join(checkout.source, path))).map(({ path }) => path);
  const asked = [...new Set([...there, ...all.map(({ directory }) => directory)])].filter((path) => path !== '.');
  const answers = await infosIfThere(checkout, asked.map(atHead));
  const infos = new Map(asked.map((path, index): [string, Info | undefined] => [path, answers[index]]));
  infos.set('.', info);
  const externals = all.map(({ path, directory, definition }): External => {
    return {
      path,
      directory,
      definition,
      info: there.includes(path) ? infos.get(path) : undefined,
      base: infos.get(directory),
    };
  });
  return { kind: 'tree', info, externals };
}

/** So that svn looks for no peg revision in a name. */
export const atHead = (place: string): string => `${place}@`;

interface Found {
  /** Relative to the source, as all paths here. */
  readonly path: string;
  readonly directory: string;
  readonly definition: Definition;
}

async function definitionsIn(checkout: Checkout, places: readonly string[]): Promise<Found[] | Failed> {
  const owners = await ownersOf(checkout, 'svn:externals', places);
  if (!Array.isArray(owners)) return owners;
  return owners.flatMap(({ path: directory, value }) =>
    definitionsOf(value).flatMap((definition) => {
      const path = join(directory, definition.path).replace(/\/+$/, '');
      const inTree = path !== '.' && path !== '..' && !path.startsWith('../');
      return inTree ? [{ path, directory, definition }] : [];
    }),
  );
}
