import { expect, test } from 'vitest';
import type { PastRun } from '../../src/stages/history.js';
import { cellsOf, type GridBuild } from '../../src/web/grid.js';

function built(run: string, result: string, ...records: number[]): PastRun {
  const time = '2026-01-31T11:21:00Z';
  return {
    run,
    begun: time,
    ended: time,
    stamp: '20260131-1121-Continuous',
    result,
    update: { revision: 'r', commits: 1, records },
  };
}

const signs = (build: GridBuild, sequences: readonly number[]): string =>
  cellsOf(
    build,
    sequences.map((sequence) => ({ sequence, revision: `r${sequence}` })),
  )
    .map((cell) => ('run' in cell ? `${cell.kind} ${cell.run}` : cell.kind))
    .join(', ');

test('an update is what its last run made of it; one run may build several', () => {
  const runs = [built('a', 'done', 2), built('b', 'stage-failed', 3, 4), built('c', 'done', 4)];
  expect(signs({ cursor: 4, runs, isBuilding: false }, [1, 2, 3, 4, 5])).toBe(
    'unknown, passed a, failed b, passed c, pending',
  );
  expect(signs({ cursor: 4, runs, isBuilding: true }, [4, 5, 6])).toBe('passed c, building, building');
});

test('runs that built nothing say nothing, and a build without a cursor has built nothing', () => {
  const runs = [built('a', 'held'), built('b', 'update-failed', 1), built('c', 'source-moved', 1)];
  expect(signs({ cursor: 0, runs, isBuilding: false }, [1])).toBe('pending');
  expect(signs({ cursor: undefined, runs: [], isBuilding: true }, [1, 2])).toBe('unknown, unknown');
});

test('a first run and one that was forced count for the update of their revision', () => {
  const forced = (run: string, result: string, revision: string): PastRun => ({
    ...built(run, result),
    update: { revision, commits: 0, records: [] },
  });
  const runs = [
    forced('a', 'done', 'r1'),
    built('b', 'stage-failed', 2),
    forced('c', 'done', 'r2'),
    forced('d', 'done', 'gone'),
  ];
  expect(signs({ cursor: 2, runs, isBuilding: false }, [1, 2])).toBe('passed a, passed c');
});
