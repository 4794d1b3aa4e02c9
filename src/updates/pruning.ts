import { unlinkSync } from 'node:fs';
import { cursorNames, readCursor } from './cursor.js';
import { journalDirectory, oldestHeads, recordFile } from './journal.js';
import type { UpdateRecord } from './record.js';

/** At most so many records go at a time: a run of the primary is not to spend minutes on it. */
const AT_ONCE = 200;

/**
 * Which of a journal's oldest records may go: those that every build has passed and that have reached the age. The record
 * that a cursor stands at stays, because what is after it begins there; so does the first one that may not go, and with it
 * all later ones, so that a journal never has a gap.
 *
 * @param oldest the oldest records, oldest first; no more of them are asked for than are needed
 * @param cursors where each build stands that ever had a cursor; without any nothing goes
 * @param olderThan milliseconds since 1970
 */
export function prunable(
  oldest: Iterable<Pick<UpdateRecord, 'sequence' | 'ended'>>,
  cursors: readonly number[],
  olderThan: number,
): number[] {
  if (cursors.length === 0) return [];
  const needed = Math.min(...cursors);
  const gone: number[] = [];
  for (const { sequence, ended } of oldest) {
    if (sequence >= needed || !(Date.parse(ended) < olderThan)) break;
    if (gone.push(sequence) === AT_ONCE) break;
  }
  return gone;
}

/**
 * Removes the records that no build needs any more. To be called by the primary while it holds `running`, so that no other
 * run of it writes the journal. A build that joins meanwhile starts at the present or at its cursor, and needs none of them.
 *
 * The oldest goes first: a process that dies here leaves a journal that begins later, as it is meant to.
 *
 * @returns how many were removed
 * @throws the system's error
 */
export function pruneJournal(primaryDirectory: string, olderThan: number): number {
  const cursors: number[] = [];
  for (const name of cursorNames(primaryDirectory)) {
    const read = readCursor(primaryDirectory, name);
    if (read.kind !== 'cursor') return 0; // what that build still needs is unknown
    cursors.push(read.cursor.record);
  }
  const journal = journalDirectory(primaryDirectory);
  const removed = prunable(oldestHeads(journal), cursors, olderThan);
  for (const sequence of removed) unlinkSync(recordFile(journal, sequence));
  return removed.length;
}
