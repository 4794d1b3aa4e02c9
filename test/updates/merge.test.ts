import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { append, journalDirectory, lastRecord, recordsAfter } from '../../src/updates/journal.js';
import { hasNews, mergeRecords } from '../../src/updates/merge.js';
import type { Change, UpdateRecord } from '../../src/updates/record.js';
import { change, record } from './record.js';
import { temporaryDirectory } from './repository.js';

const start = record(1, 'r0', 'r0', []);

/** A straight history r1, r2, … whose commits touch a few files over and over. */
const history = fc
  .array(fc.subarray(['a.c', 'b.c', 'src/c.c', 'd/e/f.c']), { minLength: 1, maxLength: 12 })
  .map((all) => all.map((paths, i) => change(`r${i + 1}`, ...paths)));

/** Where the history is cut into updates; empty updates included. */
const cutHistory = history.chain((changes) =>
  fc.record({
    changes: fc.constant(changes),
    cuts: fc.array(fc.nat(changes.length)).map((cuts) => [...cuts.toSorted((a, b) => a - b), changes.length]),
  }),
);

function split(changes: readonly Change[], cuts: readonly number[]): UpdateRecord[] {
  return cuts.map((end, i) => {
    const begin = cuts[i - 1] ?? 0;
    return record(i + 2, `r${begin}`, `r${end}`, changes.slice(begin, end));
  });
}

const essence = (merged: ReturnType<typeof mergeRecords>) => ({
  prior: merged.prior,
  revision: merged.revision,
  changes: merged.changes,
});

describe('merged records', () => {
  it('of any split of a history are the one big update', () => {
    fc.assert(
      fc.property(cutHistory, ({ changes, cuts }) => {
        const merged = mergeRecords(split(changes, cuts), start);
        const big = mergeRecords([record(2, 'r0', `r${changes.length}`, changes)], start);
        expect(essence(merged)).toEqual(essence(big));
        expect(merged.records).toEqual(cuts.map((_, i) => i + 2));
        expect(hasNews(merged)).toBe(true);
      }),
    );
  });

  it('give each of several builds every commit once and in order, however their runs interleave and die', () => {
    fc.assert(
      fc.property(
        cutHistory,
        fc.array(fc.record({ build: fc.nat(2), dies: fc.boolean() }), { maxLength: 20 }),
        fc.array(fc.nat(3), { maxLength: 20 }),
        ({ changes, cuts }, runs, pauses) => {
          const journal = journalDirectory(temporaryDirectory());
          append(journal, start);
          const updates = split(changes, cuts);
          const cursors = [1, 1, 1];
          const built: Change[][] = [[], [], []];
          const run = (build: number, dies: boolean) => {
            const after = recordsAfter(journal, cursors[build] ?? 1);
            if (after.kind !== 'records') throw new Error(after.problem.message);
            const merged = mergeRecords(after.records, start);
            if (dies) return;
            built[build]?.push(...merged.changes);
            cursors[build] = merged.records.at(-1) ?? cursors[build] ?? 1;
          };
          const rest = [...runs];
          updates.forEach((update, i) => {
            append(journal, update);
            for (const { build, dies } of rest.splice(0, pauses[i] ?? 0)) run(build, dies);
          });
          for (const build of [0, 1, 2]) run(build, false);
          expect(built).toEqual([changes, changes, changes]);
          expect(cursors).toEqual([1, 1, 1].map(() => lastRecord(journal).sequence));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('of a branch that was reset and went forward again hold each commit once, at its first place', () => {
    const [one, two, three] = [change('r1'), change('r2'), change('r3')];
    const records = [
      record(2, 'r0', 'r2', [one, two]),
      record(3, 'r2', 'r0', []),
      record(4, 'r0', 'r3', [one, two, three]),
    ];
    const merged = mergeRecords(records, start);
    expect(merged.changes).toEqual([one, two, three]);
    expect(merged).toMatchObject({
      prior: 'r0',
      revision: 'r3',
      records: [2, 3, 4],
      started: records[0]?.started,
      ended: records[2]?.ended,
    });
  });

  it('are no news when there are none, or only the first of a journal', () => {
    const none = mergeRecords([], start);
    expect(none).toMatchObject({ prior: 'r0', revision: 'r0', records: [], changes: [] });
    expect(hasNews(none)).toBe(false);
    expect(hasNews(mergeRecords([start], start))).toBe(false);
  });

  it('are news when the branch was set back, though there is no new commit', () => {
    expect(hasNews(mergeRecords([record(2, 'r1', 'r0', [])], start))).toBe(true);
    expect(hasNews(mergeRecords([record(2, 'r1', 'r0', []), record(3, 'r0', 'r1', [change('r1')])], start))).toBe(true);
  });
});
