import type { Change, MergedUpdate, UpdateRecord } from './record.js';

/** The record a cursor stands at. */
export type Passed = Pick<UpdateRecord, 'type' | 'revision' | 'ended'>;

/**
 * All records after a cursor as one update: from where the first began to where the last ended, every commit once, in
 * the order in which the source got them. A commit that came twice, because the branch was reset and went forward
 * again, keeps its first place.
 *
 * @param records oldest first, unbroken, as `recordsAfter` gives them
 * @param passed the record before them; without records the result stays there
 */
export function mergeRecords(records: readonly UpdateRecord[], passed: Passed): MergedUpdate {
  const first = records[0];
  const last = records.at(-1);
  // A Map keeps a key where it first came.
  const changes = new Map<string, Change>();
  for (const change of records.flatMap((record) => record.changes)) {
    const known = changes.get(change.revision);
    changes.set(change.revision, known === undefined ? change : together(known, change));
  }
  return {
    type: last?.type ?? passed.type,
    records: records.map((record) => record.sequence),
    prior: first?.prior ?? passed.revision,
    revision: last?.revision ?? passed.revision,
    started: first?.started ?? passed.ended,
    ended: last?.ended ?? passed.ended,
    changes: [...changes.values()],
    modified: last?.modified ?? [],
    conflicting: last?.conflicting ?? [],
  };
}

/** CVS commits file by file, so an update in the middle of a commit gets one part of its files and the next one the other. */
function together(one: Change, other: Change): Change {
  const known = new Set(one.files.map(({ path }) => path));
  const more = other.files.filter(({ path }) => !known.has(path));
  return more.length === 0 ? one : { ...one, files: [...one.files, ...more] };
}

/**
 * Whether there is anything to build: the source got new commits, or stands at another revision than before (a branch
 * that was set back has no new commits).
 */
export function hasNews(update: MergedUpdate): boolean {
  return update.changes.length > 0 || update.prior !== update.revision;
}
