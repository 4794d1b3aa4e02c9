import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { workTreeOf } from '../config/work-tree.js';
import type { SystemName } from './record.js';

/** What tells a file of a client's that was written to, replaced or removed from what it was; `-` where there is none. */
export function stampOf(path: string): string {
  try {
    const stat = lstatSync(path, { bigint: true });
    return `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
  } catch {
    return '-';
  }
}

/**
 * {@link VersionControl.signOf} by some files in the directory in which a system keeps its own.
 *
 * @param names of those that it writes whenever it does something to a tree
 */
export function signByFiles(source: string, system: SystemName, names: readonly string[]): string | undefined {
  const tree = workTreeOf(source, system);
  if (tree === undefined) return undefined;
  return [tree.administration, ...names.map((name) => stampOf(join(tree.administration, name)))].join('\n');
}
