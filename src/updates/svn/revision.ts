import type { Checkout, Failed } from '../version-control.js';
import { type Info, infosOf, pathInRepository } from './info.js';
import { atHead, type External, type Tree } from './tree.js';

/** What a revision of a tree says. */
export interface Parts {
  readonly number: string;
  /** The path in the repository, `/trunk`; undefined in records of before it was kept. */
  readonly path: string | undefined;
  /** Of each external the last revision that changed it. */
  readonly externals: ReadonlyMap<string, number>;
}

/**
 * The revision of a tree: its number, the path in the repository, since that number is one of each, and for each external the
 * last revision that changed it: `12+^/trunk+third/lib@5`.
 */
export function revisionText({ number, path, externals }: Parts): string {
  const root = path === undefined ? '' : `+^${encoded(path)}`;
  return [`${number}${root}`, ...[...externals].map(([at, changed]) => `${encoded(at)}@${changed}`)].join('+');
}

export function partsOf(revision: string): Parts {
  const [number = '', ...parts] = revision.split('+');
  const root = parts.find((part) => part.startsWith('^'));
  const externals = parts
    .filter((part) => part !== root)
    .map((part): [string, number] => {
      const at = part.lastIndexOf('@');
      return [decodeURIComponent(part.slice(0, at)), Number(part.slice(at + 1))];
    });
  return {
    number,
    path: root === undefined ? undefined : decodeURIComponent(root.slice(1)),
    externals: new Map(externals),
  };
}

const encoded = (path: string): string => encodeURIComponent(path).replaceAll('%2F', '/');

/** What is checked out. */
export function revisionOf(tree: Tree): string {
  return textOf(tree, tree.info.revision, new Map());
}

/**
 * What the servers have, as far as that can be known before definitions change.
 *
 * @param number of the tree itself there
 */
export async function revisionThere(checkout: Checkout, tree: Tree, number: number): Promise<string | Failed> {
  const following = followers(tree);
  const urls = following.map(({ info }) => atHead(info.url));
  const there = urls.length === 0 ? [] : await infosOf(checkout, urls, 'HEAD');
  if (!Array.isArray(there)) return there;
  return textOf(tree, number, new Map(following.map(({ path }, index) => [path, there[index]])));
}

function textOf(tree: Tree, number: number, moved: ReadonlyMap<string, Info | undefined>): string {
  const externals = checkedOut(tree).map(({ path, info }): [string, number] => {
    return [path, (moved.get(path) ?? info).changed];
  });
  return revisionText({ number: String(number), path: pathInRepository(tree.info), externals: new Map(externals) });
}

type CheckedOut = External & { readonly info: Info };

/** The externals that there are. */
export function checkedOut({ externals }: Tree): CheckedOut[] {
  return externals.flatMap((external) => (external.info === undefined ? [] : [{ ...external, info: external.info }]));
}

/** Those that move with every update. */
export function followers(tree: Tree): CheckedOut[] {
  return checkedOut(tree).filter(({ definition }) => definition.pinned === undefined);
}
