import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Build } from '../../src/config/project.js';
import { BuildSchedule, type ScheduleHandlers } from '../../src/scheduler/build-schedule.js';
import { MinuteClock } from '../../src/scheduler/minute-clock.js';
import { load } from '../config/config.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function buildOf(schedule: string, offset: string | undefined): Build {
  const project = load(`
[project]
name = "Example"
[builds.gcc]
source = "src"
directory = "gcc"
schedule = "${schedule}"
${offset === undefined ? '' : `offset = "${offset}"`}
[builds.gcc.stages.build]
command = ["make"]
`);
  const build = project.builds.get('gcc');
  if (build === undefined) throw new Error('no build');
  return build;
}

interface Options {
  readonly timeZone?: string;
  readonly offset?: string;
  readonly randomDelayMs?: number;
  /** How long a run takes. */
  readonly runMs?: number;
  readonly elect?: ScheduleHandlers['elect'];
}

/** A schedule that keeps a diary: `2026-03-29T01:00:00Z run 20260329T0230`. */
class Diary {
  readonly lines: string[] = [];
  readonly schedule: BuildSchedule;
  readonly #clock = new MinuteClock((text) => this.#note(`problem ${text}`));

  /** @param now where the clock stands when it starts */
  constructor(line: string, now: string, options: Options = {}) {
    const { timeZone = 'UTC', offset, randomDelayMs = 0, runMs = 0, elect = () => true } = options;
    vi.setSystemTime(now);
    this.schedule = new BuildSchedule(buildOf(line, offset), timeZone, randomDelayMs, this.#clock, {
      elect: (firing) => elect(firing),
      inTurn: async (act) => act(),
      run: async (firing) => {
        this.#note(`run ${firing.name}`);
        if (runMs > 0) await new Promise((resolve) => setTimeout(resolve, runMs));
      },
      overlap: (firing) => this.#note(`overlap ${firing.name}`),
      missed: (count, fromMs, toMs) => this.#note(`missed ${count} in ${Math.round((toMs - fromMs) / MINUTE_MS)} min`),
      problem: (text) => this.#note(`problem ${text}`),
    });
    this.schedule.start();
  }

  #note(text: string): void {
    this.lines.push(`${new Date().toISOString().slice(0, 19)}Z ${text}`);
  }

  restart(): void {
    this.#clock.restart();
  }

  get runs(): string[] {
    return this.lines.flatMap((line) => /run (\S+)$/.exec(line)?.[1] ?? []);
  }
}

/** The clock goes on, and what is due happens. */
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** The clock is set, or the machine slept; timers know nothing of it. */
function setClock(to: string): void {
  vi.setSystemTime(to);
}

async function later(diary: Diary, ms: number): Promise<Diary> {
  await pass(ms);
  return diary;
}

describe('a schedule', () => {
  test('runs its line in each of its minutes, once, and names the firing after the minute', async () => {
    const { lines } = new Diary('*/20 * * * *', '2026-11-25T11:00:00.500Z', { timeZone: 'Europe/Berlin' });
    await pass(HOUR_MS);
    expect(lines).toEqual([
      '2026-11-25T11:20:00Z run 20261125T1120Z',
      '2026-11-25T11:40:00Z run 20261125T1140Z',
      '2026-11-25T12:00:00Z run 20261125T1200Z',
    ]);
  });

  test('names the firings of fixed times after what the clock shows', async () => {
    const { lines } = new Diary('5,10 12 * * *', '2026-11-25T11:00:30Z', { timeZone: 'Europe/Berlin' });
    await pass(25 * HOUR_MS);
    expect(lines).toEqual([
      '2026-11-25T11:05:00Z run 20261125T1205',
      '2026-11-25T11:10:00Z run 20261125T1210',
      '2026-11-26T11:05:00Z run 20261126T1205',
      '2026-11-26T11:10:00Z run 20261126T1210',
    ]);
  });

  test.each([
    ['20 s', '00:20'],
    ['90 s', '01:30'],
    ['5 min', '05:00'],
    ['400 ms', '00:00'],
    ['29.4 s', '00:29'],
    ['1500 ms', '00:02'],
  ])('with an offset of %s comes that much later, and is of the same minute', async (offset, later) => {
    for (const [line, firing] of [
      ['0 * * * *', '20261125T1200Z'],
      ['0 12 * * *', '20261125T1200'],
    ] as const) {
      const { lines } = new Diary(line, '2026-11-25T11:30:00Z', { timeZone: 'UTC', offset });
      await pass(HOUR_MS);
      expect(lines).toEqual([`2026-11-25T12:${later}Z run ${firing}`]);
    }
  });

  test('that is stopped runs nothing more', async () => {
    const diary = new Diary('* * * * *', '2026-11-25T11:00:30Z');
    await pass(MINUTE_MS);
    diary.schedule.stop();
    await pass(HOUR_MS);
    expect(diary.runs).toEqual(['20261125T1101Z']);
  });

  test('that is started at the begin of a minute waits for the next one, as cron does', async () => {
    const { runs } = await later(new Diary('* * * * *', '2026-11-25T11:00:00.000Z'), MINUTE_MS);
    expect(runs).toEqual(['20261125T1101Z']);
  });
});

describe('when summer time begins', () => {
  const berlin = { timeZone: 'Europe/Berlin' };

  test('what the clock skips is run at three, once', async () => {
    const { lines } = await later(new Diary('30,45 2 * * *', '2026-03-28T23:30:00Z', berlin), 30 * HOUR_MS);
    expect(lines).toEqual([
      '2026-03-29T01:00:00Z run 20260329T0245',
      '2026-03-30T00:30:00Z run 20260330T0230',
      '2026-03-30T00:45:00Z run 20260330T0245',
    ]);
  });

  test('what goes by the clock goes on by it', async () => {
    const { runs } = await later(new Diary('*/30 * * * *', '2026-03-29T00:05:00Z', berlin), 2 * HOUR_MS);
    expect(runs).toEqual(['20260329T0030Z', '20260329T0100Z', '20260329T0130Z', '20260329T0200Z']);
    const { runs: skipped } = await later(new Diary('*/30 2 * * *', '2026-03-29T00:05:00Z', berlin), 2 * HOUR_MS);
    expect(skipped).toEqual([]);
  });

  test('by half an hour, likewise', async () => {
    const zone = { timeZone: 'Australia/Lord_Howe' };
    const { lines } = await later(new Diary('15 2 * * *', '2026-10-03T15:00:00Z', zone), 2 * HOUR_MS);
    expect(lines).toEqual(['2026-10-03T15:30:00Z run 20261004T0215']);
  });
});

describe('when summer time ends', () => {
  const newYork = { timeZone: 'America/New_York' };

  test('what the clock shows twice is run the first time', async () => {
    const { lines } = await later(new Diary('30 1 * * *', '2026-11-01T04:00:00Z', newYork), 5 * HOUR_MS);
    expect(lines).toEqual(['2026-11-01T05:30:00Z run 20261101T0130']);
  });

  test('what goes by the clock is run in both hours, by names of their own', async () => {
    const { runs } = await later(new Diary('*/30 1 * * *', '2026-11-01T04:45:00Z', newYork), 5 * HOUR_MS);
    expect(runs).toEqual(['20261101T0500Z', '20261101T0530Z', '20261101T0600Z', '20261101T0630Z']);
  });

  test('what comes after that hour comes when the clock shows it', async () => {
    const { lines } = await later(new Diary('5 2 * * *', '2026-11-01T04:00:00Z', newYork), 5 * HOUR_MS);
    expect(lines).toEqual(['2026-11-01T07:05:00Z run 20261101T0205']);
  });
});

describe('after the machine has slept', () => {
  test('for some minutes, what was missed is run at once, the last of it', async () => {
    const diary = new Diary('1,2,3 * * * *', '2026-11-25T11:00:30Z', { timeZone: 'UTC' });
    await pass(1000);
    setClock('2026-11-25T11:03:50Z');
    await pass(MINUTE_MS);
    expect(diary.lines).toEqual(['2026-11-25T11:04:19Z missed 2 in 4 min', '2026-11-25T11:04:19Z run 20261125T1103Z']);
  });

  test('for an hour, what has fixed times is made up for, and the rest is told to be missed', async () => {
    const fixed = new Diary('0,15,30 12 * * *', '2026-11-25T11:50:30Z', { timeZone: 'UTC' });
    const wildcard = new Diary('*/15 * * * *', '2026-11-25T11:50:30Z', { timeZone: 'UTC' });
    await pass(5 * MINUTE_MS);
    setClock('2026-11-25T12:55:30Z');
    for (const diary of [fixed, wildcard]) diary.restart();
    await pass(5 * MINUTE_MS);
    expect(fixed.lines).toEqual(['2026-11-25T12:56:00Z missed 2 in 61 min', '2026-11-25T12:56:00Z run 20261125T1230']);
    expect(wildcard.lines).toEqual([
      '2026-11-25T12:56:00Z missed 4 in 61 min',
      '2026-11-25T13:00:00Z run 20261125T1300Z',
    ]);
  });

  test('for a night, nothing is made up for, and all of it is told to be missed', async () => {
    const diary = new Diary('0 * * * *', '2026-11-25T20:30:30Z', { timeZone: 'UTC' });
    await pass(MINUTE_MS);
    setClock('2026-11-26T06:30:30Z');
    diary.restart();
    await pass(HOUR_MS);
    expect(diary.lines).toEqual([
      '2026-11-26T06:31:00Z missed 10 in 600 min',
      '2026-11-26T07:00:00Z run 20261126T0700Z',
    ]);
  });

  test('for a month, what was missed in the last week is counted', async () => {
    const diary = new Diary('0 4 * * *', '2026-10-25T12:00:30Z', { timeZone: 'UTC' });
    await pass(MINUTE_MS);
    setClock('2026-11-25T12:00:30Z');
    diary.restart();
    await pass(2 * MINUTE_MS);
    expect(diary.lines.map((line) => line.replace(/ in .*/, ''))).toEqual(['2026-11-25T12:01:00Z missed 7']);
  });

  test('as soon as it was started, when no minute has come yet, likewise', async () => {
    const berlin = { timeZone: 'Europe/Berlin' };
    const { lines } = await later(new Diary('30 2 * * *', '2026-03-29T00:59:30Z', berlin), HOUR_MS);
    expect(lines).toEqual(['2026-03-29T01:00:00Z run 20260329T0230']);
  });

  test('without a restart it continues by the new time anyway', async () => {
    const diary = new Diary('0,30 * * * *', '2026-11-25T11:00:30Z', { timeZone: 'UTC' });
    await pass(MINUTE_MS);
    setClock('2026-11-25T12:15:10Z');
    await pass(20 * MINUTE_MS);
    expect(diary.runs).toEqual(['20261125T1230Z']);
  });

  test('when the event loop stood still for less than a minute, the minute is run late', async () => {
    const diary = new Diary('5 * * * *', '2026-11-25T11:04:30Z');
    setClock('2026-11-25T11:05:20Z'); // the timer is due after 30 s of its own
    await pass(35_000);
    expect(diary.lines).toEqual(['2026-11-25T11:05:50Z run 20261125T1105Z']);
  });
});

describe('when the clock is put back', () => {
  test('an hour, fixed times are not repeated, and the others go on by the new time', async () => {
    const zone = { timeZone: 'UTC' };
    const fixed = new Diary('10,50 11-12 * * *', '2026-11-25T11:45:30Z', zone);
    const wildcard = new Diary('*/20 * * * *', '2026-11-25T11:45:30Z', zone);
    await pass(30 * MINUTE_MS);
    expect(fixed.runs).toEqual(['20261125T1150', '20261125T1210']);
    setClock('2026-11-25T11:15:30Z');
    for (const diary of [fixed, wildcard]) diary.restart();
    await pass(110 * MINUTE_MS);
    expect(fixed.runs).toEqual(['20261125T1150', '20261125T1210', '20261125T1250']);
    expect(wildcard.runs).toEqual([
      '20261125T1200Z',
      ...['1120', '1140', '1200', '1220', '1240', '1300'].map((time) => `20261125T${time}Z`),
    ]);
    expect([...fixed.lines, ...wildcard.lines].filter((line) => line.includes('missed'))).toEqual([]);
  });

  test('a day, it was wrong before, and everything goes on by the new time', async () => {
    const diary = new Diary('10 * * * *', '2026-11-26T12:00:30Z', { timeZone: 'UTC' });
    await pass(15 * MINUTE_MS);
    setClock('2026-11-25T12:00:30Z');
    diary.restart();
    await pass(15 * MINUTE_MS);
    expect(diary.runs).toEqual(['20261126T1210Z', '20261125T1210Z']);
  });

  test.each([1, 20, 60])('%i seconds, the minute that was last is not run again', async (seconds) => {
    const diary = new Diary('* * * * *', '2026-11-25T11:59:30Z', { timeZone: 'UTC' });
    await pass(30_500);
    vi.setSystemTime(Date.now() - seconds * 1000);
    diary.restart();
    await pass(MINUTE_MS + seconds * 1000);
    expect(diary.lines.map((line) => line.slice(21))).toEqual(['run 20261125T1200Z', 'run 20261125T1201Z']);
  });

  test('and it was not restarted, it stands still until the clock is where it was', async () => {
    const diary = new Diary('* * * * *', '2026-11-25T12:00:30Z');
    await pass(MINUTE_MS);
    setClock('2026-11-25T11:30:30Z');
    await pass(30 * MINUTE_MS);
    expect(diary.runs).toEqual(['20261125T1201Z']);
    await pass(5 * MINUTE_MS);
    expect(diary.runs[1]).toBe('20261125T1202Z');
  });

  test('while a run is going on, the run ends as it would have', async () => {
    const diary = new Diary('* * * * *', '2026-11-25T12:00:30Z', { runMs: 45_000 });
    await pass(40_000);
    diary.restart();
    await pass(3 * MINUTE_MS);
    expect(diary.lines.filter((line) => !line.includes(' run '))).toEqual([]);
    expect(diary.runs).toEqual(['20261125T1201Z', '20261125T1202Z', '20261125T1203Z', '20261125T1204Z']);
  });
});

describe('a delay by chance', () => {
  test('lies between nothing and its limit, and does not change which minute it is', async () => {
    const { lines } = new Diary('*/10 * * * *', '2026-11-25T00:00:30Z', { randomDelayMs: 5 * MINUTE_MS });
    await pass(24 * HOUR_MS + 5 * MINUTE_MS);
    expect(lines).toHaveLength(144);
    const delays = lines.map((line) => {
      const firing = /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z$/.exec(line)?.slice(1).map(Number) ?? [];
      const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = firing;
      return Date.parse(line.slice(0, 20)) - Date.UTC(year, month - 1, day, hour, minute);
    });
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThan(5 * MINUTE_MS);
    expect(new Set(delays).size).toBeGreaterThan(20);
  });

  test('counts as part of the run: what is due meanwhile overlaps', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.75);
    const { lines } = new Diary('* * * * *', '2026-11-25T11:00:30Z', { randomDelayMs: 2 * MINUTE_MS });
    await pass(3 * MINUTE_MS);
    vi.restoreAllMocks();
    expect(lines).toEqual(['2026-11-25T11:02:00Z overlap 20261125T1102Z', '2026-11-25T11:02:30Z run 20261125T1101Z']);
  });
});

describe('a run that lasts', () => {
  test('longer than the interval is not joined by another; each firing in between is reported, once', async () => {
    const { lines } = new Diary('*/10 * * * *', '2026-11-25T11:00:30Z', { runMs: 25 * MINUTE_MS });
    await pass(HOUR_MS);
    expect(lines).toEqual([
      '2026-11-25T11:10:00Z run 20261125T1110Z',
      '2026-11-25T11:20:00Z overlap 20261125T1120Z',
      '2026-11-25T11:30:00Z overlap 20261125T1130Z',
      '2026-11-25T11:40:00Z run 20261125T1140Z',
      '2026-11-25T11:50:00Z overlap 20261125T1150Z',
      '2026-11-25T12:00:00Z overlap 20261125T1200Z',
    ]);
  });

  test('overlaps with none that another host has', async () => {
    const others = new Set(['20261125T1120Z']);
    const { lines } = new Diary('*/10 * * * *', '2026-11-25T11:00:30Z', {
      runMs: 25 * MINUTE_MS,
      elect: ({ name }) => !others.has(name),
    });
    await pass(30 * MINUTE_MS);
    expect(lines).toEqual(['2026-11-25T11:10:00Z run 20261125T1110Z', '2026-11-25T11:30:00Z overlap 20261125T1130Z']);
  });
});

describe('the election', () => {
  test('is asked of the minutes of the line only, and what it refuses is not run', async () => {
    const asked: string[] = [];
    const diary = new Diary('*/15 * * * *', '2026-11-25T11:00:30Z', {
      elect: ({ name }) => {
        asked.push(name);
        return asked.length % 2 === 0;
      },
    });
    await pass(HOUR_MS);
    expect(asked).toEqual(['20261125T1115Z', '20261125T1130Z', '20261125T1145Z', '20261125T1200Z']);
    expect(diary.runs).toEqual(['20261125T1130Z', '20261125T1200Z']);
    expect(diary.lines).toHaveLength(2);
  });

  test('that fails is told, nothing is run, and the next minute is as always', async () => {
    let isFull = true;
    const { lines } = new Diary('* * * * *', '2026-11-25T11:00:30Z', {
      elect: () => {
        if (isFull) throw new Error('ENOSPC: no space left on device');
        return true;
      },
    });
    await pass(MINUTE_MS);
    isFull = false;
    await pass(MINUTE_MS);
    expect(lines).toEqual([
      '2026-11-25T11:01:00Z problem ENOSPC: no space left on device',
      '2026-11-25T11:02:00Z run 20261125T1102Z',
    ]);
  });

  test('that fails while a run is going on is told, too', async () => {
    let isFull = false;
    const { lines } = new Diary('* * * * *', '2026-11-25T11:00:30Z', {
      runMs: 90_000,
      elect: () => {
        if (isFull) throw new Error('EIO: i/o error');
        return true;
      },
    });
    await pass(MINUTE_MS);
    isFull = true;
    await pass(MINUTE_MS);
    expect(lines).toEqual(['2026-11-25T11:01:00Z run 20261125T1101Z', '2026-11-25T11:02:00Z problem EIO: i/o error']);
  });
});
