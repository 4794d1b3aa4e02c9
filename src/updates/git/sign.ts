import { signByFiles } from '../stamp.js';
import type { Checkout } from '../version-control.js';
import { UNFINISHED } from './under-way.js';

/** {@link VersionControl.signOf} of a work tree: git writes its index anew with each file that it puts into the tree. */
export function signOfWorkTree({ source }: Pick<Checkout, 'source'>): string | undefined {
  return signByFiles(source, 'git', ['index', 'index.lock', 'HEAD', ...UNFINISHED]);
}
