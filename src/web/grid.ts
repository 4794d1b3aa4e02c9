import type { PastRun } from '../stages/history.js';

/*
 * Builds × updates: which update was built by which build, and how.
 */

/** What a build has made of an update. */
export type Cell =
  | { readonly kind: 'passed' | 'failed'; readonly run: string }
  /** It is in the run in progress. */
  | { readonly kind: 'building' }
  /** Its next run builds it. */
  | { readonly kind: 'pending' }
  /** Longer ago than is remembered, or before the build began. */
  | { readonly kind: 'unknown' };

export interface GridBuild {
  /** The last record that it has built; undefined before its first run. */
  readonly cursor: number | undefined;
  /** Oldest first. */
  readonly runs: readonly PastRun[];
  /** It is past its update, so it builds all that it has to. */
  readonly isBuilding: boolean;
}

/** One row of the grid. @param records the numbers of updates */
export function cellsOf({ cursor, runs, isBuilding }: GridBuild, records: readonly number[]): Cell[] {
  // A later run of the same update, one that was forced, counts.
  const built = new Map<number, Cell>();
  for (const { run, result, update } of runs) {
    const kind = result === 'done' ? 'passed' : result === 'stage-failed' ? 'failed' : undefined;
    if (kind === undefined) continue;
    for (const record of update?.records ?? []) built.set(record, { kind, run });
  }
  return records.map((record) => {
    const known = built.get(record);
    if (known !== undefined) return known;
    if (cursor === undefined || record <= cursor) return { kind: 'unknown' };
    return { kind: isBuilding ? 'building' : 'pending' };
  });
}
