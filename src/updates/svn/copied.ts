import type { Change, ChangedFile } from '../record.js';
import { rootFinder } from '../within.js';

/**
 * Adds to each change the files that came with a directory which it copied, as the update itself names them.
 *
 * @param added all paths that exist after the changes and did not before
 */
export function copiedFiles(changes: readonly Change[], added: readonly string[]): Change[] {
  const named = new Set(changes.flatMap(({ files }) => files.map(({ path }) => path)));
  const unnamed = added.filter((path) => !named.has(path)).sort();
  // The newest change comes first: a directory that was copied twice holds what the second copy brought.
  const rest = new Set(unnamed);
  const result = changes.toReversed().map((change) => {
    const copies = change.files.filter(({ status }) => status === 'copied').map(({ path }) => path);
    if (copies.length === 0) return change;
    const within = rootFinder(copies);
    const files: ChangedFile[] = [...rest]
      .filter((path) => within(path) !== undefined)
      .map((path) => ({ path, status: 'copied' }));
    for (const { path } of files) rest.delete(path);
    return files.length === 0 ? change : { ...change, files: [...change.files, ...files] };
  });
  return result.reverse();
}
