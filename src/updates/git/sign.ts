import { join } from 'node:path';
import { workTreeOf } from '../../config/work-tree.js';
import { stampOf } from '../stamp.js';
import type { Checkout } from '../version-control.js';
import { UNFINISHED } from './under-way.js';

/** {@link VersionControl.signOf} of a work tree: git writes its index anew with each file that it puts into the tree. */
export function signOfWorkTree({ source }: Pick<Checkout, 'source'>): string | undefined {
  const tree = workTreeOf(source, 'git');
  if (tree === undefined) return undefined;
  const names = ['index', 'index.lock', 'HEAD', ...UNFINISHED];
  return [tree.administration, ...names.map((name) => stampOf(join(tree.administration, name)))].join('\n');
}
