import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Firing, firingAt } from '../../src/scheduler/firing.js';
import { FiringBook } from '../../src/scheduler/firing-book.js';
import type { JobEnd } from '../../src/scheduler/job.js';
import { Scheduler } from '../../src/scheduler/scheduler.js';
import { momentText } from '../../src/text/moment.js';
import { load } from '../config/config.js';

const MINUTE_MS = 60_000;
const OTHER = { host: 'a', pid: 1 };
const ME = { host: 'b', pid: 2 };
const NOON = firingAt(Date.UTC(2026, 10, 25, 12));

let state: string;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'stagelock-take-over-'));
  vi.useFakeTimers();
  // Otherwise its clock would seem to be set all the time.
  vi.spyOn(performance, 'now').mockImplementation(() => Date.now() - 1_000_000_000_000);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  rmSync(state, { recursive: true });
});

interface Options {
  /** How long a run takes until it begins; it ends at once then. */
  readonly slowMs?: number;
  readonly canStart?: boolean;
}

/** A scheduler on the host b. */
function schedulerAt(now: string, { slowMs = 0, canStart = true }: Options = {}) {
  vi.setSystemTime(now);
  const project = load(`
[project]
name = "x"
[scheduler]
state = "${state}"
time_zone = "UTC"
[builds.gcc]
source = "${state}/source"
directory = "${state}/gcc"
schedule = "0 * * * *"
[builds.gcc.stages.build]
command = ["make"]
`);
  const book = new FiringBook(state, 'gcc');
  const runs: Firing[] = [];
  const complaints: string[] = [];
  const scheduler = new Scheduler(project, {
    host: { name: ME.host, pid: ME.pid, bootId: undefined, process: () => ({ kind: 'absent' }), now: Date.now },
    start: (_project, build, firing) => {
      if (!canStart) throw new Error('EAGAIN');
      const begins = async (): Promise<JobEnd> => {
        if (slowMs > 0) await new Promise((resolve) => setTimeout(resolve, slowMs));
        if (book.begin(firing, ME)) runs.push(firing);
        return { kind: 'exited', code: 0 };
      };
      return {
        record: { id: '0', build: build.name, command: '', user: '', host: 'b', keeper: ME, began: '' },
        ended: begins(),
        log: undefined,
        interrupt: () => undefined,
        abandon: () => undefined,
      };
    },
    ended: async () => undefined,
    overlapped: async (_project, _build, firing) => void complaints.push(`${firing.name} overlaps`),
    waiting: () => undefined,
    note: () => undefined,
    complain: (text) => complaints.push(text),
  });
  scheduler.start([]);
  return { book, runs, complaints };
}

async function pass(minutes: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(minutes * MINUTE_MS);
}

test('a firing that another host has claimed and not begun is taken over, and begun once', async () => {
  const { book, runs } = schedulerAt('2026-11-25T11:59:30Z');
  await pass(0);
  book.claim(NOON, 1, OTHER);
  await pass(0.9);
  expect(runs).toEqual([]);
  await pass(30);
  expect(runs).toEqual([NOON]);
});

test('one that was begun is not', async () => {
  const { book, runs } = schedulerAt('2026-11-25T11:59:30Z');
  await pass(0);
  book.claim(NOON, 1, OTHER);
  book.begin(NOON, OTHER);
  await pass(30);
  expect(runs).toEqual([]);
});

test('one that was left before we came is taken over, too', async () => {
  new FiringBook(state, 'gcc').claim(NOON, 1, OTHER);
  const { runs } = schedulerAt('2026-11-25T12:20:00Z');
  await pass(2);
  expect(runs).toEqual([NOON]);
});

test('and one that was claimed just after we came, in a minute that had begun before us', async () => {
  const { book, runs } = schedulerAt('2026-11-25T12:00:00.500Z');
  book.claim(NOON, 1, OTHER);
  await pass(2);
  expect(runs).toEqual([NOON]);
});

test('a file server that does not answer for a moment loses none', async () => {
  const { book, runs, complaints } = schedulerAt('2026-11-25T11:59:30Z');
  book.claim(NOON, 1, OTHER);
  await pass(0.9);
  vi.spyOn(FiringBook.prototype, 'attempts').mockImplementationOnce(() => {
    throw new Error('EIO: i/o error, scandir');
  });
  await pass(30);
  expect(complaints).toEqual(['gcc: EIO: i/o error, scandir']);
  expect(runs).toEqual([NOON]);
});

test('a run that cannot even be started is tried four times by all hosts together', async () => {
  const { book, complaints } = schedulerAt('2026-11-25T11:59:30Z', { canStart: false });
  book.claim(NOON, 1, OTHER);
  await pass(30);
  expect(complaints).toEqual(
    Array(3).fill(`gcc: the run of ${momentText('2026-11-25T12:00:00Z')} cannot be started: EAGAIN`),
  );
  expect(book.attempts(NOON)).toBe(4);
});

test('a run of ours that is slow to begin is waited for, and is nothing to overlap with', async () => {
  const { runs, complaints } = schedulerAt('2026-11-25T11:59:30Z', { slowMs: 2 * MINUTE_MS });
  await pass(30);
  expect(complaints).toEqual([]);
  expect(runs).toEqual([NOON]);
});
