import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FiringBook } from '../../src/scheduler/firing-book.js';
import type { JobEnd } from '../../src/scheduler/job.js';
import type { WaitingRun } from '../../src/scheduler/places.js';
import { Scheduler } from '../../src/scheduler/scheduler.js';
import { load } from '../config/config.js';

const MINUTE_MS = 60_000;
const ME = { host: 'b', pid: 2 };

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'stagelock-max-runs-'));
  vi.useFakeTimers();
  // Otherwise its clock would seem to be set all the time.
  vi.spyOn(performance, 'now').mockImplementation(() => Date.now() - 1_000_000_000_000);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  rmSync(state, { recursive: true, force: true });
});

/** A scheduler of a primary `p`, its secondaries `a` and `b` and of `x`, whose runs take some time. */
class Scene {
  readonly scheduler: Scheduler;
  /** What has begun and ended, in that order. */
  readonly events: string[] = [];
  readonly overlaps: string[] = [];
  waiting: readonly WaitingRun[] = [];
  most = 0;
  #running = 0;

  constructor(maxRuns: number, runMs: number, schedule = '0 * * * *') {
    vi.setSystemTime('2026-11-27T11:59:30Z');
    const builds = ['a', 'b', 'x', 'p'].map((name) => {
      const primary = name === 'a' || name === 'b' ? 'primary = "p"\noffset = "0 s"\n' : '';
      const source = primary === '' ? `source = "${state}/source-${name}"\n` : '';
      return `[builds.${name}]\n${primary}${source}directory = "${state}/${name}"\nschedule = "${schedule}"\n[builds.${name}.stages.build]\ncommand = ["make"]\n`;
    });
    const project = load(
      `[project]\nname = "x"\n[scheduler]\nstate = "${state}"\ntime_zone = "UTC"\nmax_runs = ${maxRuns}\n${builds.join('')}`,
    );
    this.scheduler = new Scheduler(project, {
      host: { name: ME.host, pid: ME.pid, bootId: undefined, process: () => ({ kind: 'absent' }), now: Date.now },
      start: (_project, { name }, firing) => {
        new FiringBook(state, name).begin(firing, ME);
        this.events.push(`${name} begins`);
        this.most = Math.max(this.most, ++this.#running);
        const run = async (): Promise<JobEnd> => {
          await new Promise((resolve) => setTimeout(resolve, runMs));
          this.#running--;
          this.events.push(`${name} ends`);
          return { kind: 'exited', code: 0 };
        };
        return {
          record: { id: name, build: name, command: '', user: '', host: 'b', keeper: ME, began: '' },
          ended: run(),
          log: undefined,
          interrupt: () => undefined,
          abandon: () => undefined,
        };
      },
      ended: async () => undefined,
      overlapped: async (_project, build, _firing, by) => void this.overlaps.push(`${build.name} ${by.kind}`),
      waiting: (_project, waiting) => {
        this.waiting = waiting;
      },
      note: () => undefined,
      complain: (text) => this.events.push(text),
    });
    this.scheduler.start([]);
  }
}

test('no more runs go on at once than there are places, and each gets one', async () => {
  const scene = new Scene(2, 10_000);
  await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
  expect(scene.most).toBe(2);
  expect(scene.events.filter((event) => event.endsWith('ends')).sort()).toEqual([
    'a ends',
    'b ends',
    'p ends',
    'x ends',
  ]);
});

test('a primary goes before its secondaries, whichever came first', async () => {
  const scene = new Scene(1, 10_000);
  await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
  const begun = scene.events.filter((event) => event.endsWith('begins'));
  expect(begun).toEqual(['p begins', 'a begins', 'b begins', 'x begins']);
});

test('the runs that wait are reported, and that none waits any more', async () => {
  const scene = new Scene(1, 10_000);
  await vi.advanceTimersByTimeAsync(33_000);
  expect(scene.waiting.map(({ build }) => build).sort()).toHaveLength(3);
  await vi.advanceTimersByTimeAsync(2 * MINUTE_MS);
  expect(scene.waiting).toEqual([]);
});

test('a build that fires while its run waits is not run twice, and that is told', async () => {
  const scene = new Scene(1, 70_000, '* * * * *');
  await vi.advanceTimersByTimeAsync(1.9 * MINUTE_MS);
  expect(scene.events.filter((event) => event.endsWith('begins'))).toHaveLength(2);
  expect(scene.overlaps.filter((text) => text.endsWith('runs'))).toHaveLength(1);
  expect(scene.overlaps.filter((text) => text.endsWith('waits'))).toHaveLength(3);
});

test('a run that waits when the scheduler stops is not started, so that the next one takes it over', async () => {
  const scene = new Scene(1, 10_000);
  await vi.advanceTimersByTimeAsync(33_000);
  const stopped = scene.scheduler.stop(MINUTE_MS, new AbortController().signal);
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  await stopped;
  expect(scene.events.filter((event) => event.endsWith('begins'))).toHaveLength(1);
  const unstarted = ['a', 'b', 'x', 'p'].flatMap((name) => new FiringBook(state, name).unstarted());
  expect(unstarted).toHaveLength(3);
  expect(scene.waiting).toEqual([]);
});
