import type { Change, ChangedFile, MergedUpdate } from '../updates/record.js';

/** One file with everything that an update did to it, or found in it. */
export interface TouchedFile {
  readonly path: string;
  /** In the words of CTest's elements. Conflicting prevails over Modified, and that over Updated. */
  readonly kind: 'Updated' | 'Modified' | 'Conflicting';
  /** The last commit that touched it; undefined when there are only uncommitted changes. */
  readonly last: Change | undefined;
  /** Of all commits that touched it, oldest first. */
  readonly log: string;
  readonly revision: string | undefined;
  readonly prior: string | undefined;
}

/** Each file that an update touched, or that has uncommitted changes, once, sorted by path. */
export function touchedFiles(update: MergedUpdate): TouchedFile[] {
  const files = new Map<string, Touch[]>();
  for (const change of update.changes) {
    for (const [path, file] of touchesOf(change)) {
      const known = files.get(path);
      if (known) known.push({ change, file });
      else files.set(path, [{ change, file }]);
    }
  }
  for (const path of [...update.modified, ...update.conflicting]) if (!files.has(path)) files.set(path, []);
  const modified = new Set(update.modified);
  const conflicting = new Set(update.conflicting);
  return [...files]
    .map(([path, touches]): TouchedFile => {
      const kind = conflicting.has(path) ? 'Conflicting' : modified.has(path) ? 'Modified' : 'Updated';
      return { path, kind, ...historyOf(touches, update) };
    })
    .sort((a, b) => compare(a.path, b.path));
}

interface Touch {
  readonly change: Change;
  readonly file: ChangedFile;
}

function historyOf(touches: readonly Touch[], update: MergedUpdate): Omit<TouchedFile, 'path' | 'kind'> {
  const last = touches.at(-1);
  // Files of CVS have revisions of their own; elsewhere they have those of the tree.
  const own = update.type === 'cvs';
  return {
    last: last?.change,
    log: touches.map(({ change }) => change.log).join('\n'),
    revision: own ? last?.file.revision : last?.change.revision,
    prior: own ? touches[0]?.file.prior : update.prior,
  };
}

/** A renamed file is gone under its old name, which CTest reports as a file of its own. A copied one is not. */
function touchesOf(change: Change): Map<string, ChangedFile> {
  return new Map(
    change.files.flatMap((file): [string, ChangedFile][] =>
      file.oldPath !== undefined && file.status === 'renamed'
        ? [
            [file.oldPath, file],
            [file.path, file],
          ]
        : [[file.path, file]],
    ),
  );
}

/** By code units, so that the order does not depend on the user's locale. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
