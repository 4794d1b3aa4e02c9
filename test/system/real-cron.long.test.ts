import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type CronExpression, parseCronExpression } from '../../src/config/cron-expression.js';
import { type Due, dueAfter, lastDue } from '../../src/scheduler/cron-clock.js';
import { firesIn, type LocalMinute, localMinuteOf } from '../../src/scheduler/local-time.js';
import { until } from '../support/until.js';
import { CronDaemon, noCron } from './cron-daemon.js';

const MINUTE_MS = 60_000;
/** By this line the minutes are told apart: it is run in each of them, before whatever was skipped. */
const TICK = '* * * * *';

/** The real daemon, with a crontab of its own and a clock that goes faster; each of its jobs writes down its line. */
class Daemon {
  readonly #root = mkdtempSync(join(tmpdir(), 'stagelock-real-cron-'));
  readonly #lines: readonly string[];
  readonly #speed: number;
  readonly #daemon: CronDaemon;
  #aheadMs: number;

  /**
   * @param lines their five fields
   * @param startMs what its clock shows at the beginning, milliseconds since 1970
   */
  constructor(lines: readonly string[], timeZone: string, startMs: number, speed: number) {
    this.#lines = [TICK, ...lines];
    this.#speed = speed;
    this.#aheadMs = startMs - Date.now();
    const root = this.#root;
    writeFileSync(join(root, 'log'), '');
    // What a job calls for the time has none of the daemon's libraries, and so says the real one.
    const jobs = this.#lines.map((line, index) => `${line} echo "${index} $(date +\\%s\\%3N)" >> ${root}/log\n`);
    this.#daemon = new CronDaemon(root, jobs.join(''), { speed, aheadMs: this.#aheadMs, timeZone });
  }

  async untilTicks(count: number): Promise<void> {
    const minuteMs = MINUTE_MS / this.#speed;
    await until(
      () => `${count} minutes, ${this.#ticks().length} are over`,
      () => this.#ticks().length >= count,
      count * minuteMs + 20_000,
    );
  }

  /** Sets its clock while it waits for the next minute. */
  async jump(minutes: number): Promise<void> {
    await sleep(MINUTE_MS / this.#speed / 2);
    this.#aheadMs += minutes * MINUTE_MS;
    this.#daemon.setClock(this.#aheadMs);
  }

  /** The lines that were run each time that it woke up for some; not the last time, which may not be over. */
  runs(): string[][] {
    const quarterMs = MINUTE_MS / this.#speed / 4;
    const begins = this.#ticks().filter((tick, index, all) => tick - (all[index - 1] ?? 0) > quarterMs);
    const runs = begins.map((): string[] => []);
    for (const { line, ms } of this.#log()) {
      // What is run at the same time begins in any order.
      runs[begins.findLastIndex((begin) => begin <= ms + quarterMs)]?.push(line);
    }
    return runs.slice(0, -1).map((lines) => lines.sort());
  }

  #ticks(): number[] {
    return this.#log().flatMap(({ line, ms }) => (line === TICK ? [ms] : []));
  }

  #log(): { readonly line: string; readonly ms: number }[] {
    const lines = readFileSync(join(this.#root, 'log'), 'utf8').trimEnd().split('\n');
    return lines
      .filter((line) => line !== '')
      .map((line) => {
        const [index, ms] = line.split(' ').map(Number);
        return { line: this.#lines[index ?? -1] ?? line, ms: ms ?? 0 };
      })
      .sort((a, b) => a.ms - b.ms);
  }

  remove(): void {
    this.#daemon.kill();
    expect(this.#daemon.mails).toBe('');
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

function expressionOf(text: string): CronExpression {
  const expression = parseCronExpression(text);
  if ('problem' in expression) throw new Error(expression.problem);
  return expression;
}

/** What is due, by our rules, in each of the minutes that a clock shows one after the other. */
function dueAtEach(start: LocalMinute, shown: readonly LocalMinute[]): Due[] {
  let done = start;
  return shown.map((minute) => {
    const due = dueAfter(done, minute);
    done = due.done;
    return due;
  });
}

/**
 * What cron runs of that, each time. It differs from ours in one thing, on purpose: of a line that was skipped several times,
 * cron runs each, and we the last one.
 */
function runsOf(dues: readonly Due[], lines: readonly string[]): string[][] {
  return dues.map(({ wildcard, fixed }) =>
    [TICK, ...lines]
      .flatMap((line) => {
        const expression = expressionOf(line);
        const minutes = spanOf(expression.wildcard ? wildcard : fixed);
        return minutes.filter((minute) => firesIn(expression, minute)).map(() => line);
      })
      .sort(),
  );
}

function spanOf({ first, last }: Due['fixed']): LocalMinute[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

/** What a clock shows at the begin of each of some minutes from a time on. */
function shownFrom(startMs: number, count: number, timeZone: string): LocalMinute[] {
  const firstMs = Math.ceil(startMs / MINUTE_MS) * MINUTE_MS;
  return Array.from({ length: count }, (_, index) => localMinuteOf(firstMs + index * MINUTE_MS, timeZone));
}

/** How often we run a line. */
function ourRuns(dues: readonly Due[], line: string): number {
  return dues.filter((due) => lastDue(expressionOf(line), due) !== undefined).length;
}

const countOf = (runs: readonly (readonly string[])[], line: string): number =>
  runs.flat().filter((one) => one === line).length;

describe.skipIf(noCron !== undefined)(`beside the real cron${noCron === undefined ? '' : ` (${noCron})`}`, () => {
  /** Runs a daemon for some minutes, and compares. */
  async function compare(lines: readonly string[], from: string, count: number, speed: number) {
    const zone = 'Europe/Berlin';
    const startMs = Date.parse(from);
    const daemon = new Daemon(lines, zone, startMs, speed);
    try {
      await daemon.untilTicks(count + 1);
      const dues = dueAtEach(localMinuteOf(startMs, zone), shownFrom(startMs, count, zone));
      const runs = daemon.runs().slice(0, count);
      expect(runs).toEqual(runsOf(dues, lines));
      return { runs, dues };
    } finally {
      daemon.remove();
    }
  }

  test.concurrent('we do the same when summer time begins', async () => {
    const lines = [
      '*/10 * * * *',
      '5 * * * *',
      '*/20 2 * * *',
      '59 1 * * *',
      '30 2 * * *',
      '15,30 2 * * *',
      '15 2 29 3 *',
      '30 2 1 * sun',
      '0 3 * * *',
      '2-4 3 * * *',
      '0 4 * * *',
    ];
    const { runs, dues } = await compare(lines, '2026-03-29T00:53:30Z', 14, 30);
    expect(countOf(runs, '30 2 * * *')).toBe(1);
    expect(countOf(runs, '*/20 2 * * *')).toBe(0);
    // What was skipped twice cron runs twice, and we once.
    expect(countOf(runs, '15,30 2 * * *')).toBe(2);
    for (const line of lines) expect(ourRuns(dues, line)).toBe(line.startsWith('15,30') ? 1 : countOf(runs, line));
  }, 90_000);

  test.concurrent('we do the same when summer time ends', async () => {
    const lines = [
      '*/10 * * * *',
      '5 * * * *',
      '*/20 2 * * *',
      '30 2 * * *',
      '15,45 2 * * *',
      '0 2 25 10 *',
      '59 2 * * *',
      '0 3 * * *',
      '1,3 3 * * *',
      '0 4 * * *',
    ];
    const { runs, dues } = await compare(lines, '2026-10-25T00:28:30Z', 97, 90);
    expect(countOf(runs, '30 2 * * *')).toBe(1);
    expect(countOf(runs, '5 * * * *')).toBe(1 + 1);
    expect(countOf(runs, '*/20 2 * * *')).toBe(1 + 3);
    for (const line of lines) expect(ourRuns(dues, line)).toBe(countOf(runs, line));
  }, 120_000);

  test.concurrent('we do the same when the clock is set ahead and back, by little and by much', async () => {
    const lines = [
      '*/10 * * * *',
      '44 * * * *',
      '2 12 * * *',
      '48 12 * * *',
      '30 13 * * *',
      '46 13 * * *',
      '0 14-16 * * *',
      '52 16-17 * * *',
      '54 17 * * *',
      '* 17 * * *',
    ];
    const startMs = Date.parse('2026-11-25T12:00:30Z');
    const daemon = new Daemon(lines, 'UTC', startMs, 40);
    try {
      const start = localMinuteOf(startMs, 'UTC');
      const shown: LocalMinute[] = [];
      let clock = start;
      // To 13:44, which is less than three hours; back to 12:47; to 17:50, which is more; to 17:56, which is a little; back to
      // the minute that was last, which is waited out; and back to 13:51.
      for (const jump of [0, 100, -60, 300, 3, -1, -250]) {
        if (jump !== 0) await daemon.jump(jump);
        clock += jump;
        for (let minute = 0; minute < 3; minute++) {
          clock++;
          if (clock !== shown.at(-1)) shown.push(clock);
        }
        await daemon.untilTicks(runsOf(dueAtEach(start, shown), []).flat().length);
      }
      const expected = runsOf(dueAtEach(start, shown), lines);
      await daemon.untilTicks(countOf(expected, TICK) + 1);
      expect(daemon.runs().slice(0, expected.length)).toEqual(expected);
    } finally {
      daemon.remove();
    }
  }, 90_000);
});
