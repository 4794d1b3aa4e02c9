import { describe, expect, test } from 'vitest';
import { describeBuildContention } from '../../src/contention/build-report.js';
import { contentionOfBuilds, type WaitingBuild } from '../../src/contention/build-waits.js';

const MINUTE = 60_000;
const run = (beganMin: number, tookMin: number, ...waits: [lock: string, minutes: number, build?: string][]) => ({
  beganMs: beganMin * MINUTE,
  tookMs: tookMin * MINUTE,
  skipped: false,
  waits: waits.map(([lock, minutes, build]) => ({ lock, build, ms: minutes * MINUTE })),
});
const every5 = { text: '*/5 * * * *', intervalMs: 5 * MINUTE };

describe('the waits of builds', () => {
  test('are added up for each build and lock, of the runs since some time', () => {
    const builds: WaitingBuild[] = [
      {
        build: 'main',
        schedule: undefined,
        runs: [
          run(0, 9, ['running.old', 9]),
          run(100, 5, ['running.s1', 3, 's1'], ['running.s2', 1, 's2']),
          run(110, 5, ['running.s1', 1, 's1']),
          run(120, 1),
          run(130, 9, ['running.s1', 8]),
        ],
      },
      { build: 's1', schedule: undefined, runs: [run(100, 4, ['update', 2, 'main'])] },
    ];
    expect(contentionOfBuilds(builds, 50 * MINUTE)).toEqual({
      runs: 5,
      intervals: [],
      waits: [
        {
          build: 'main',
          lock: 'running.s1',
          heldBy: 's1',
          runs: 3,
          skipped: 0,
          waitedMs: 12 * MINUTE,
          longestMs: 8 * MINUTE,
          medianMs: 3 * MINUTE,
        },
        {
          build: 's1',
          lock: 'update',
          heldBy: 'main',
          runs: 1,
          skipped: 0,
          waitedMs: 2 * MINUTE,
          longestMs: 2 * MINUTE,
          medianMs: 2 * MINUTE,
        },
        {
          build: 'main',
          lock: 'running.s2',
          heldBy: 's2',
          runs: 1,
          skipped: 0,
          waitedMs: MINUTE,
          longestMs: MINUTE,
          medianMs: MINUTE,
        },
      ],
    });
  });

  test('runs that were skipped are counted apart, and say nothing of what an interval has to be', () => {
    const skip = { ...run(0, 0.1, ['running.s1', 0, 's1']), skipped: true };
    const runs = [skip, skip, ...Array.from({ length: 5 }, (_, index) => run(10 * index, 4))];
    const found = contentionOfBuilds([{ build: 'main', schedule: every5, runs }], 0);
    expect(found.waits).toMatchObject([
      { lock: 'running.s1', heldBy: 's1', runs: 0, skipped: 2, waitedMs: 0, longestMs: 0 },
    ]);
    expect(found.intervals).toMatchObject([{ runs: 5, mostTakeMs: 4 * MINUTE, proposal: undefined }]);
    expect(describeBuildContention(found, 'in all').join('\n')).toMatch(
      /\n +0 s +0 +2 +0 s +0 s +main +running\.s1 +s1/,
    );
  });

  test('show whether an interval fits, by what nine of ten runs take; few runs show nothing', () => {
    const slow = Array.from({ length: 10 }, (_, index) => run(index, index === 9 ? 60 : 8, ['running.s1', 4]));
    const of = (runs: WaitingBuild['runs'], schedule: WaitingBuild['schedule'] = every5) =>
      contentionOfBuilds([{ build: 'main', schedule, runs }], 0).intervals;
    expect(of(slow)).toEqual([
      {
        build: 'main',
        schedule: '*/5 * * * *',
        intervalMs: 5 * MINUTE,
        runs: 10,
        mostTakeMs: 8 * MINUTE,
        mostWorkMs: 4 * MINUTE,
        proposal: '*/10 * * * *',
      },
    ]);
    expect(of(slow.map((each) => ({ ...each, tookMs: MINUTE })))[0]?.proposal).toBeUndefined();
    expect(of(slow.slice(0, 4))).toEqual([]);
    expect(contentionOfBuilds([{ build: 'main', schedule: undefined, runs: slow }], 0).intervals).toEqual([]);
  });

  test('are a table for a person, which steers no terminal', () => {
    const evil = 'running.\u001b[2J';
    const builds = [
      {
        build: 'main',
        schedule: every5,
        runs: Array.from({ length: 6 }, (_, index) => run(index, 8, [evil, 4, '\u202e'])),
      },
    ];
    const lines = describeBuildContention(contentionOfBuilds(builds, 0), 'in the last 21 d');
    expect(lines[0]).toBe('6 runs in the last 21 d: waited 24 min');
    expect(lines.at(-1)).toBe(
      'main: nine of ten runs take up to 8 min (4 min without waits), and */5 * * * * starts one each 5 min; this interval would fit: */10 * * * *',
    );
    for (const each of ['\u001b', '\u202e']) expect(lines.join('\n')).not.toContain(each);
    expect(describeBuildContention(contentionOfBuilds([], 0), 'in all')).toEqual(['0 runs in all: no waits']);
  });
});
