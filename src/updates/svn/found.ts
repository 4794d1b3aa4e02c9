import type { Fault } from '../version-control.js';
import type { Status } from './status.js';
import type { Tree } from './tree.js';

/** What keeps a tree from being a revision. */
export interface Found extends Fault {
  /** What ends it without losing anything of a person's: the next update; one in mode `reset`; or only a person. */
  readonly endedBy: 'update' | 'reset' | 'person';
}

/** What has been looked at. */
export interface Look {
  readonly source: string;
  /** With all files (`-v`). */
  readonly status: Status;
  readonly tree: Tree;
  /** What of its revision it has taken note of as not there, which is in no status. */
  readonly notPresent: readonly string[];
  /** Programs that are not executable, which is in no status, either. */
  readonly notExecutable: readonly string[];
  /** Whether every external must be there: commands of a user's own may leave them out. */
  readonly complete: boolean;
}

/** A fault, if there is anything that has it. */
export function found(
  what: string,
  of: readonly { readonly path: string }[],
  endedBy: Found['endedBy'],
  advise: (paths: readonly string[]) => string[],
): Found[] {
  const paths = [...new Set(of.map(({ path }) => path))].sort();
  return paths.length === 0 ? [] : [{ what, paths, advice: advise(paths), endedBy }];
}
