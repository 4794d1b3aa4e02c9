import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workTreeOf } from '../../config/work-tree.js';
import { stampOf } from '../stamp.js';
import type { Checkout } from '../version-control.js';
import { readSubrepositories } from './sub-repositories.js';

/** What hg writes whenever it does something to a tree. Its own directory changes with every lock, so it says nothing. */
const OF_HG = [
  'dirstate',
  'merge/state2',
  'updatestate',
  'graftstate',
  'rebasestate',
  'histedit-state',
  'shelvedstate',
  'sparse',
  'largefiles/dirstate',
];
const OF_GIT = ['HEAD', 'index'];
const OF_SVN = ['wc.db'];

/** {@link VersionControl.signOf}: the stamps of what hg writes, in subrepositories, too. */
export function signOf({ source }: Pick<Checkout, 'source'>): string | undefined {
  const tree = workTreeOf(source, 'hg');
  return tree === undefined ? undefined : [tree.top, ...signOfTree(tree.top)].join('\n');
}

function signOfTree(top: string): string[] {
  const states = ['.hgsub', '.hgsubstate'].map((name) => join(top, name));
  const [sources = '', noted = ''] = states.map(textOf);
  const below = readSubrepositories(sources, noted).flatMap(({ path, type }) => {
    const inside = join(top, path);
    if (type === 'hg') return signOfTree(inside);
    const [own, names] = type === 'git' ? ['.git', OF_GIT] : ['.svn', OF_SVN];
    return names.map((name) => stampOf(join(inside, own, name)));
  });
  return [...states, ...OF_HG.map((name) => join(top, '.hg', name))].map(stampOf).concat(below);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
