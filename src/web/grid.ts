import type { PastRun, PastUpdate } from '../stages/history.js';
import { hasPassed } from '../stages/result-words.js';
import type { RecordHead } from '../updates/record.js';

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

/** A record of an update. */
export type GridUpdate = Pick<RecordHead, 'sequence' | 'revision'>;

/** One row of the grid. */
export function cellsOf({ cursor, runs, isBuilding }: GridBuild, updates: readonly GridUpdate[]): Cell[] {
  const built = new Map<number, Cell>();
  for (const past of runs) {
    const { run, result, update } = past;
    const kind = hasPassed(past) ? 'passed' : result === 'stage-failed' ? 'failed' : undefined;
    if (kind === undefined) continue;
    for (const sequence of builtBy(update, updates)) built.set(sequence, { kind, run });
  }
  return updates.map(({ sequence }) => {
    const known = built.get(sequence);
    if (known !== undefined) return known;
    if (cursor === undefined || sequence <= cursor) return { kind: 'unknown' };
    return { kind: isBuilding ? 'building' : 'pending' };
  });
}

/** A first run, and one that was forced, builds a revision without having had to build its update. */
function builtBy(update: PastUpdate | undefined, updates: readonly GridUpdate[]): readonly number[] {
  if (update === undefined || update.records.length > 0) return update?.records ?? [];
  const same = updates.findLast(({ revision }) => revision === update.revision);
  return same === undefined ? [] : [same.sequence];
}
