import type { Checkout, Failed } from '../version-control.js';
import { rootFinder } from '../within.js';
import { readSvn } from './command.js';
import { followers } from './revision.js';
import { isChanged, type Status } from './status.js';
import { atHead, type Tree } from './tree.js';

/** What an update would do to one path. */
export interface Incoming {
  readonly path: string;
  /** `added`, `deleted`, `replaced`, `modified`, also of a directory in which something is; `none` where only properties change. */
  readonly item: string;
  readonly props: string;
}

/**
 * What an update to a revision would bring, as far as anything local can be in its way: to the working copy itself, and to
 * externals with local changes, which go to what is newest then.
 */
export async function incomingTo(
  checkout: Checkout,
  tree: Tree,
  status: Status,
  target: string,
): Promise<Incoming[] | Failed> {
  const own = await differences(checkout, '.', target);
  if (!Array.isArray(own)) return own;
  const within = rootFinder(tree.externals.map(({ path }) => path));
  const changed = new Set(status.entries.filter(isChanged).map(({ path }) => within(path)));
  const incoming = [...own];
  for (const { path } of followers(tree).filter((external) => changed.has(external.path))) {
    const there = await differences(checkout, path, 'HEAD');
    if (!Array.isArray(there)) return there;
    incoming.push(...there);
  }
  // Where the definition changes, it is unknown what comes: all of it may go.
  const redefined = new Set(own.filter(({ props }) => props !== 'none').map(({ path }) => path));
  for (const { path, directory } of tree.externals) {
    if (changed.has(path) && redefined.has(directory)) incoming.push({ path, item: 'replaced', props: 'none' });
  }
  return incoming;
}

/**
 * What lies between the revisions that a working copy notes and another.
 *
 * svn before 1.10 knows the news of HEAD only; its diff ends with an assertion where both sides have added a file.
 */
export async function differences(checkout: Checkout, place: string, target: string): Promise<Incoming[] | Failed> {
  const news = await newsOf(checkout, place, target);
  return Array.isArray(news) ? news : comparison(checkout, place, target);
}

async function newsOf(checkout: Checkout, place: string, target: string): Promise<Incoming[] | Failed> {
  const incoming: Incoming[] = [];
  let path = '';
  const args = ['status', '--show-updates', '--ignore-externals', '--xml', '-r', target, atHead(place)];
  const read = await readSvn(checkout, args, {
    open: (name, attributes) => {
      if (name === 'entry') path = attributes['path'] ?? '';
      if (name !== 'repos-status') return;
      const { item = '', props = '' } = attributes;
      if (item !== 'none' || props !== 'none') incoming.push({ path, item, props });
    },
  });
  return read.kind === 'failed' ? read : incoming;
}

async function comparison(checkout: Checkout, place: string, target: string): Promise<Incoming[] | Failed> {
  const incoming: Incoming[] = [];
  let [item, props] = ['', ''];
  const args = ['diff', '--summarize', '--xml', '-r', `BASE:${target}`, atHead(place)];
  const read = await readSvn(checkout, args, {
    open: (name, attributes) => {
      if (name === 'path') [item, props] = [attributes['item'] ?? '', attributes['props'] ?? ''];
    },
    close: (name, text) => {
      if (name === 'path') incoming.push({ path: text === '' ? '.' : text, item, props });
    },
  });
  return read.kind === 'failed' ? read : incoming;
}
