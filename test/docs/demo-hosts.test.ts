import { join } from 'node:path';
import { expect, test } from 'vitest';

const demo = join(import.meta.dirname, '..', '..', 'demo', 'hosts');
const { movedMeanwhile, sawChange, tooLate, updatedMeanwhile, wroteAfterwards } = await import(
  join(demo, 'claims.mjs')
);

/** What went on from one time to another. */
const activity = (build: string, what: string, from: number, to: number, more = {}) => ({
  build,
  what,
  from,
  to,
  run: `${build}-${from}`,
  source: build === 'trunk' ? 'source of anna' : 'source of ben',
  numbers: new Set(['1']),
  whole: true,
  ...more,
});
const updates = (build: string, count: number) =>
  Array.from({ length: count }, (_, index) => activity(build, 'update', 100 * index, 100 * index + 10));

test('the demo of hosts sees a source that changes under a build', () => {
  expect(sawChange([activity('ben-gcc', 'build', 20, 30)])).toBeUndefined();
  expect(sawChange([activity('ben-gcc', 'build', 20, 30, { numbers: new Set(['1', '2']) })])).toBe(
    'ben-gcc saw 1 and 2',
  );
});

test('it sees an update of the primary while a follower builds, and that of a checkout under a secondary', () => {
  const trunk = updates('trunk', 4);
  expect(updatedMeanwhile([...trunk, activity('ben-gcc', 'build', 20, 90)])).toBeUndefined();
  expect(updatedMeanwhile([...trunk, activity('ben-gcc', 'build', 20, 105)])).toMatch(/^trunk updated while ben-gcc/);
  expect(updatedMeanwhile(updates('trunk', 1))).toBe('1 updates were seen');
  const checkout = updates('ben-gcc', 12);
  expect(movedMeanwhile([...checkout, activity('ben-fast', 'build', 20, 90)])).toBeUndefined();
  expect(movedMeanwhile([...checkout, activity('ben-fast', 'build', 20, 105)])).toMatch(
    /^ben-gcc updated while ben-fast/,
  );
});

test('it sees a run that outlives its lease, or writes after it was cleared', () => {
  const cut = (ended: number, written: object[], cursor = '5') => ({
    builds: ['ben-gcc'],
    building: 6,
    runs: ['ben-gcc-20'],
    outAt: 50,
    ended: [{ ended }],
    expiredAt: 100,
    cleared: {
      revision: 7,
      keys: [
        { key: 'journal/trunk/cursors/ben-gcc', value: cursor },
        { key: 'journal/trunk/newest', value: '{"sequence":6}' },
      ],
    },
    after: { keys: written },
  });
  const stage = activity('ben-gcc', 'build', 20, 80, { whole: false });
  expect(tooLate(cut(90, []), [stage])).toBeUndefined();
  expect(tooLate(cut(110, []), [stage])).toBe('ben-gcc ended 10 ms too late');
  expect(tooLate(cut(90, []), [{ ...stage, whole: true }])).toBe('the stage of ben-gcc came to its end');
  expect(wroteAfterwards(cut(90, [{ key: 'cleared/ben-gcc-20', value: '', changed: 7 }]))).toBeUndefined();
  expect(wroteAfterwards(cut(90, [{ key: 'writes/ben-gcc-20', value: '', changed: 8 }]))).toBe(
    'writes/ben-gcc-20 was written',
  );
  expect(wroteAfterwards(cut(90, [], '6'))).toMatch(/^the cursor of ben-gcc/);
});
