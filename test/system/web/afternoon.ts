import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Failure } from '../../../src/failures/failure.js';
import { writeFailedRun } from '../../../src/stages/failed-run.js';
import { historyFile, type PastRun } from '../../../src/stages/history.js';
import type { World } from '../../support/world.js';
import { stagelock } from '../programs.js';

/*
 * An afternoon in which three builds shared a source: eighteen updates, one each twenty minutes. The updates are real, one after the
 * other; the histories are made up, since nobody waits for six hours.
 */

const MINUTE_MS = 60_000;
const UPDATES = 18;
const EVERY_MS = 20 * MINUTE_MS;

/** How long the stages of a build take, in minutes, and in which updates they failed. */
interface Habit {
  readonly buildMs: number;
  readonly testMs: number;
  readonly broken: readonly number[];
  readonly failing: readonly number[];
}

const HABITS: Readonly<Record<string, Habit>> = {
  main: { buildMs: 4 * MINUTE_MS, testMs: 2 * MINUTE_MS, broken: [9], failing: [] },
  debug: { buildMs: 5 * MINUTE_MS, testMs: 3 * MINUTE_MS, broken: [9], failing: [] },
  asan: { buildMs: 8 * MINUTE_MS, testMs: 7 * MINUTE_MS, broken: [9], failing: [4, 7, 13, 14] },
};

/** Makes it up to now. @returns the address of a run that failed, below the project */
export async function afternoon(world: World): Promise<string> {
  for (let update = 1; update <= UPDATES; update++) {
    if (update > 1) world.commit(1);
    await stagelock(world, ['run', 'main']);
  }
  const begin = Date.now() - UPDATES * EVERY_MS;
  let failed = '';
  for (const [build, habit] of Object.entries(HABITS)) {
    const { directory } = world.build(build);
    const lines: PastRun[] = [];
    for (let update = 2; update < UPDATES; update++) {
      // The slowest one still builds when the primary wants to update.
      const waitMs = build === 'main' && update % 5 === 0 ? 90_000 : build === 'main' ? 0 : 20_000;
      const run = runOf(build, habit, update, { beganMs: begin + update * EVERY_MS, waitMs });
      lines.push(run.past);
      if (run.failure !== undefined) {
        mkdirSync(dirname(historyFile(directory)), { recursive: true });
        writeFailedRun(directory, { run: run.past.run, stamp: run.past.stamp, failures: [run.failure] });
        if (build === 'asan' && update === 9) failed = `/builds/asan/runs/${run.past.run}`;
      }
    }
    mkdirSync(dirname(historyFile(directory)), { recursive: true });
    writeFileSync(historyFile(directory), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }
  return failed;
}

function runOf(
  build: string,
  { buildMs, testMs, broken, failing }: Habit,
  update: number,
  { beganMs, waitMs }: { readonly beganMs: number; readonly waitMs: number },
): { readonly past: PastRun; readonly failure: Failure | undefined } {
  const begun = new Date(beganMs).toISOString();
  const stamp = `${begun.slice(0, 10).replaceAll('-', '')}-${begun.slice(11, 13)}${begun.slice(14, 16)}-Continuous`;
  const isBroken = broken.includes(update);
  const isFailing = failing.includes(update);
  const updateMs = waitMs + (build === 'main' ? 25_000 : 3000);
  const stages = [
    { name: 'build', outcome: isBroken ? 'failed' : 'passed', ms: isBroken ? buildMs / 4 : buildMs, at: updateMs },
    ...(isBroken
      ? []
      : [{ name: 'test', outcome: isFailing ? 'failed' : 'passed', ms: testMs, at: updateMs + buildMs }]),
  ];
  const endMs = stages.reduce((sum, { ms }) => sum + ms, beganMs + updateMs);
  const headline = isBroken ? 'build failed: 2 errors' : isFailing ? 'test failed: 1 of 214 tests' : undefined;
  const past: PastRun = {
    run: `${update.toString(16).padStart(8, '0')}${Buffer.from(build.padEnd(4)).toString('hex').slice(0, 8)}`,
    begun,
    stamp,
    ended: new Date(endMs).toISOString(),
    result: headline === undefined ? 'done' : 'stage-failed',
    ...(headline !== undefined && { headline }),
    exitCode: headline === undefined ? 0 : 1,
    waitedMs: waitMs,
    ...(waitMs > 0 && {
      waits: [
        build === 'main'
          ? { lock: 'running.asan', build: 'asan', ms: waitMs }
          : { lock: 'update', build: 'main', ms: waitMs },
      ],
    }),
    update: { revision: update.toString(16).padStart(40, '5'), commits: 1, records: [update] },
    stages,
  };
  if (headline === undefined) return { past, failure: undefined };
  return { past, failure: isBroken ? broke() : failedTest() };
}

function broke(): Failure {
  const error = (line: number, text: string) => ({
    file: 'table.c',
    line,
    text: `table.c:${line}:25: error: ${text}`,
    before: ['cc -O1 -Wall -c table.c'],
    after: ['    entry->next = table->first;', '         ^~~~'],
  });
  return {
    stage: 'build',
    end: 'failed with exit code 2 after 1 min',
    logFile: '/builds/Testing/Temporary/LastBuild.log',
    errors: { count: 2, orMore: false, first: [error(31, "'entry' undeclared"), error(58, "no member named 'frist'")] },
    tests: { failed: 0, first: [] },
    lastLines: [],
  };
}

function failedTest(): Failure {
  return {
    stage: 'test',
    end: 'failed with exit code 8 after 7 min',
    logFile: '/builds/Testing/Temporary/LastTest.log',
    errors: { count: 0, orMore: false, first: [] },
    tests: {
      failed: 1,
      all: 214,
      first: [{ name: 'table.concurrent_insert', output: ['expected 1000 entries, found 999'] }],
    },
    lastLines: [],
  };
}
