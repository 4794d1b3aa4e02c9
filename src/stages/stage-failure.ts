import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Build, Stage } from '../config/project.js';
import { errorsOf } from '../failures/build-report.js';
import { outputsIn } from '../failures/ctest-log.js';
import { failedTestsIn } from '../failures/failed-tests.js';
import { type Failure, KEPT, keptLines, NOTHING_FOUND } from '../failures/failure.js';
import { errorsAmong } from '../failures/found-errors.js';
import { failedTestsOf } from '../failures/test-report.js';
import { readPart } from '../files/file-part.js';
import { CTEST_LIMITS, type LogScan, type ScanLimits, scanLog } from '../reports/log-scan/scan.js';
import { decodeText } from '../updates/text.js';
import type { LogPart } from './stage-complaints.js';
import { CLOCK_GRAIN_MS, type ReportBefore } from './stage-report.js';
import { layoutOf } from './temporary.js';

/** A stage that failed, and what is known of it already. */
export interface FailedStage {
  readonly stage: Stage;
  /** `failed with exit code 2 after 3 s` */
  readonly end: string;
  /** What its command has written. */
  readonly written: LogPart;
  /** Milliseconds since 1970. */
  readonly started: number;
  /** What its report was before; undefined when it is not reported. */
  readonly before: ReportBefore | undefined;
  /** What its log complains of, where that was asked before. */
  readonly scan: LogScan | undefined;
  readonly limits: ScanLimits;
}

/** What is looked through of a log that is not judged anyway, in bytes: a gigabyte must not keep the locks for minutes. */
const LOOKED_THROUGH = 64 * 1024 * 1024;
/** Test programs say at their end what failed. */
const END = 512 * 1024;

/**
 * Finds out what failed in a stage: errors in its log or its `Build.xml`, tests in its `Test.xml`, in the output of the usual test
 * programs, and in CTest's log. What cannot be read is left out: a stage has failed whether or not it can be said why.
 */
export async function failureOf(build: Build, failed: FailedStage, signal: AbortSignal): Promise<Failure> {
  const { stage, end, written } = failed;
  const lines = (await readable(async () => lastLinesOf(written))) ?? [];
  const tests = await failedTests(build, failed, lines);
  // Tests write what looks like errors.
  const errors =
    tests.failed > 0 && stage.report !== 'build' ? NOTHING_FOUND.errors : await foundErrors(build, failed, signal);
  const isKnown = tests.failed > 0 || errors.count > 0;
  const lastLines = isKnown ? [] : keptLines(lines.slice(-KEPT.lastLines));
  return { stage: stage.name, end, logFile: written.logFile, errors, tests, lastLines };
}

async function foundErrors(
  { source, directory }: Build,
  { stage, before, written, scan, limits }: FailedStage,
  signal: AbortSignal,
): Promise<Failure['errors']> {
  const trees = { source, build: directory };
  if (scan !== undefined) return errorsAmong(scan.findings, trees, limits.errors);
  // Its log was not looked through, because the command has reported itself.
  if (stage.report === 'build' && before !== undefined) return errorsOf(before.file);
  const to = Math.min(written.logEnd, written.logStart + LOOKED_THROUGH);
  const looked = await readable(() => scanLog(written.logFile, { from: written.logStart, to, signal }));
  return looked === undefined ? NOTHING_FOUND.errors : errorsAmong(looked.findings, trees, CTEST_LIMITS.errors);
}

async function failedTests(build: Build, failed: FailedStage, lines: readonly string[]): Promise<Failure['tests']> {
  const { stage, before, started } = failed;
  if (stage.report === 'test' && before !== undefined) {
    const reported = await readable(() => failedTestsOf(before.file));
    const tests = reported && withoutItself(reported, stage.name);
    if (tests !== undefined && tests.failed > 0) return tests;
  }
  if (stage.report === 'configure') return NOTHING_FOUND.tests;
  const named = failedTestsIn(lines);
  if (named.failed === 0) return named;
  const names = new Set(named.first.map(({ name }) => name));
  for (const directory of new Set([stage.directory, build.directory])) {
    const log = join(layoutOf(directory).temporary, 'LastTest.log');
    const outputs = await readable(() => outputsIn(log, started - CLOCK_GRAIN_MS, names));
    if (outputs === undefined || outputs.size === 0) continue;
    return { ...named, first: named.first.map((test) => ({ ...test, output: outputs.get(test.name) ?? [] })) };
  }
  return named;
}

/** A stage whose tests do not say what failed is reported as one test of its name, see stage-report.ts. */
function withoutItself({ failed, all = 0, first }: Failure['tests'], stage: string): Failure['tests'] {
  const others = first.filter(({ name }) => name !== stage);
  const itself = first.length - others.length;
  return { failed: failed - itself, all: all - itself, first: others };
}

function lastLinesOf({ logFile, logStart, logEnd }: LogPart): string[] {
  const fd = openSync(logFile, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const end = Math.min(logEnd, fstatSync(fd).size);
    const from = Math.max(logStart, end - END);
    const text = decodeText(readPart(fd, from, Math.max(0, end - from)))
      .replaceAll(/\r+\n/g, '\n')
      .trimEnd();
    const lines = text === '' ? [] : text.split('\n');
    // The first one may have lost its beginning.
    return from > logStart ? lines.slice(1) : lines;
  } finally {
    closeSync(fd);
  }
}

async function readable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch {
    return undefined;
  }
}
