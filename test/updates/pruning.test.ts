import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cursorFile, moveCursor, startCursor } from '../../src/updates/cursor.js';
import { append, journalDirectory, lastRecord, newestRecords, recordsAfter } from '../../src/updates/journal.js';
import { prunable, pruneJournal } from '../../src/updates/pruning.js';
import { change, record } from './record.js';
import { temporaryDirectory } from './repository.js';

const FOREVER = Date.parse('2100-01-01T00:00:00Z');

/** A journal of five records. */
function journalOfFive(): string {
  const primary = temporaryDirectory();
  const journal = journalDirectory(primary);
  append(journal, record(1, 'r1', 'r1', []));
  for (let n = 2; n <= 5; n++) append(journal, record(n, `r${n - 1}`, `r${n}`, [change(`r${n}`, 'a')]));
  return primary;
}

const left = (primary: string): number[] =>
  newestRecords(journalDirectory(primary), 100).records.map(({ sequence }) => sequence);

describe('records of updates', () => {
  test('go when every build has passed them, but for the one that the slowest stands at', () => {
    const primary = journalOfFive();
    moveCursor(primary, 'main', 5);
    moveCursor(primary, 'slow', 3);
    expect(pruneJournal(primary, FOREVER)).toBe(2);
    expect(left(primary)).toEqual([3, 4, 5]);
    expect(recordsAfter(journalDirectory(primary), 3)).toMatchObject({ kind: 'records', problems: [] });
    moveCursor(primary, 'slow', 5);
    pruneJournal(primary, FOREVER);
    expect(left(primary)).toEqual([5]);
    expect(lastRecord(journalDirectory(primary)).record?.revision).toBe('r5');
    append(journalDirectory(primary), record(6, 'r5', 'r6', [change('r6', 'a')]));
    expect(recordsAfter(journalDirectory(primary), 5)).toMatchObject({ kind: 'records', records: [{ sequence: 6 }] });
  });

  test('stay until they have reached the age', () => {
    const primary = journalOfFive();
    moveCursor(primary, 'main', 5);
    // Records end at half past the minute of their number.
    expect(pruneJournal(primary, Date.parse('2026-01-02T10:02:30.001Z'))).toBe(2);
    expect(left(primary)).toEqual([3, 4, 5]);
  });

  test('stay where nobody knows what a build has built, and where no build has a cursor', () => {
    const primary = journalOfFive();
    expect(pruneJournal(primary, FOREVER)).toBe(0);
    startCursor(primary, 'main', 5);
    writeFileSync(cursorFile(primary, 'other'), 'torn');
    expect(pruneJournal(primary, FOREVER)).toBe(0);
    expect(left(primary)).toEqual([1, 2, 3, 4, 5]);
  });

  test('stay from the first one on that cannot be read', () => {
    const primary = journalOfFive();
    moveCursor(primary, 'main', 5);
    writeFileSync(join(journalDirectory(primary), '00000002.json'), '');
    expect(pruneJournal(primary, FOREVER)).toBe(1);
    expect(left(primary)).toEqual([3, 4, 5]);
  });
});

test('no more records are looked at than are needed for the answer', () => {
  let asked = 0;
  function* oldest() {
    for (let sequence = 1; ; sequence++) {
      asked++;
      yield { sequence, ended: new Date(sequence * 1000).toISOString() };
    }
  }
  expect(prunable(oldest(), [], FOREVER)).toEqual([]);
  expect(asked).toBe(0);
  expect(prunable(oldest(), [1], FOREVER)).toEqual([]);
  expect(asked).toBe(1);
  expect(prunable(oldest(), [100], 4000)).toEqual([1, 2, 3]);
  expect(asked).toBe(5);
});

test('what goes is always the beginning, needed by nobody and old enough', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(1000), { maxLength: 30 }),
      fc.array(fc.nat(40), { maxLength: 5 }),
      fc.nat(1000),
      (ages, cursors, limit) => {
        const records = ages.map((age, at) => ({ sequence: at + 1, ended: new Date(age * 1000).toISOString() }));
        const gone = prunable(records, cursors, limit * 1000);
        expect(gone).toEqual(records.slice(0, gone.length).map(({ sequence }) => sequence));
        for (const sequence of gone) {
          expect(cursors.every((cursor) => sequence < cursor)).toBe(true);
          expect((ages[sequence - 1] ?? 0) * 1000).toBeLessThan(limit * 1000);
        }
        const next = records[gone.length];
        if (next === undefined || cursors.length === 0) return;
        expect(cursors.some((cursor) => next.sequence >= cursor) || Date.parse(next.ended) >= limit * 1000).toBe(true);
      },
    ),
  );
});
