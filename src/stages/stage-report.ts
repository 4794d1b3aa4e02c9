import { lstatSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Build, Stage } from '../config/project.js';
import { replaceAtomically } from '../files/atomic-file.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import { buildXml } from '../reports/build-xml.js';
import { configureXml } from '../reports/configure-xml.js';
import { readJUnit } from '../reports/junit.js';
import type { LogScan, ScanLimits } from '../reports/log-scan/scan.js';
import { readLogText } from '../reports/log-text.js';
import { thisMachine } from '../reports/machine.js';
import type { EndedStage, ReportHead } from '../reports/site-xml.js';
import { type TestList, type TestRun, writeTestXml } from '../reports/test-xml.js';
import { errorText } from '../text/error-text.js';
import { commandText } from '../updates/tool.js';
import { VERSION } from '../version.js';
import type { Run } from './run.js';
import type { StageOutcome } from './stage-command.js';

/** The files that stages are reported in, as CTest calls them. */
export const FILES = { configure: 'Configure.xml', build: 'Build.xml', test: 'Test.xml' } as const;

/** How a stage went. Times are milliseconds since 1970. */
export interface RanStage {
  readonly started: number;
  readonly ended: number;
  readonly outcome: StageOutcome;
  readonly logFile: string;
  /** Where what the command has written begins and ends in its log, in bytes. */
  readonly logStart: number;
  readonly logEnd: number;
  /** What its log complains of; undefined where that was not asked. */
  readonly scan: LogScan | undefined;
  readonly limits: ScanLimits;
}

/** What a stage's report was before its command began. */
export interface ReportBefore {
  readonly file: string;
  readonly stamp: string;
}

/** Where a stage is reported, and what is there; undefined when it is not reported. */
export function reportBefore({ layout, stamp }: Run, stage: Stage): ReportBefore | undefined {
  if (stage.report === 'none') return undefined;
  const file = join(layout.testing, stamp.tag, FILES[stage.report]);
  return { file, stamp: stampOf(file) };
}

/** Whether the command of a stage has written its report itself, as `ctest -T Build` does. */
export function isReported({ file, stamp }: ReportBefore): boolean {
  return stampOf(file) !== stamp;
}

/**
 * Writes the report of a stage that has ended, unless its command was `ctest -T Build` or the like and has written it
 * itself.
 *
 * @returns what could not be read, for a person
 * @throws the system's error when the report cannot be written; the old one, if any, then stays
 */
export async function writeStageReport(
  { build, stamp }: Run,
  stage: Stage,
  before: ReportBefore,
  ran: RanStage,
): Promise<string[]> {
  if (isReported(before)) return [];
  const problems: string[] = [];
  const { command } = stage;
  const ended = { ...ran, command: command.kind === 'shell' ? command.script : commandText(command.argv) };
  const head: ReportHead = {
    generator: `stagelock-${VERSION}`,
    site: build.site,
    build: build.reportName,
    buildstamp: stamp.text,
    machine: thisMachine(),
  };
  ensureDirectory(dirname(before.file));
  if (stage.report === 'test') {
    await writeTestXml(before.file, { head, stage: ended }, (tests) => addTests(tests, ended, stage, problems));
  } else {
    const xml = stage.report === 'build' ? buildReport(head, ended, build) : configureReport(head, ended);
    replaceAtomically(before.file, xml);
  }
  return problems;
}

function buildReport(head: ReportHead, ended: EndedStage & RanStage, { source, directory }: Build): string {
  const { outcome, scan, limits } = ended;
  const failure = scan === undefined || scan.errors === 0 ? failureText(outcome) : '';
  return buildXml(head, ended, {
    findings: scan?.findings ?? [],
    limits,
    trees: { source, build: directory },
    failure,
  });
}

function configureReport(head: ReportHead, ended: EndedStage & RanStage): string {
  const { outcome, logFile, logStart, logEnd } = ended;
  return configureXml(head, ended, readLogText(logFile, logStart, logEnd), exitCodeOf(outcome));
}

/** Those of the stage's JUnit files, or else the stage itself as one test. */
async function addTests(
  tests: TestList,
  ended: EndedStage & RanStage,
  stage: Stage,
  problems: string[],
): Promise<void> {
  if (stage.junit !== undefined) await addJUnitTests(tests, stage.junit, ended.started, problems);
  const { all, failed } = tests.counts;
  // Also where all tests that were reported passed and the command failed: it may have died before the others.
  if (all === 0 || (ended.outcome.kind !== 'passed' && failed === 0)) tests.add(asOneTest(stage, ended));
}

function asOneTest({ name }: Stage, ran: EndedStage & RanStage): TestRun {
  const { command, started, ended, outcome, logFile, logStart, logEnd } = ran;
  return {
    name,
    path: '',
    status: outcome.kind === 'passed' ? 'passed' : 'failed',
    seconds: Math.max(0, ended - started) / 1000,
    command,
    completion: outcome.kind === 'timed-out' ? 'Timeout' : outcome.kind === 'signalled' ? outcome.signal : 'Completed',
    exitCode: outcome.kind === 'failed' ? outcome.exitCode : undefined,
    output: readLogText(logFile, logStart, logEnd),
  };
}

/** Files from before this stage are those of another run: what it did not write says nothing of it. */
async function addJUnitTests(tests: TestList, pattern: string, started: number, problems: string[]): Promise<void> {
  for (const file of junitFiles(pattern, problems)) {
    const stat = lstatSync(file, { throwIfNoEntry: false });
    if (stat === undefined || stat.mtimeMs < started - CLOCK_GRAIN_MS) continue;
    const { error } = await tests.addAllOrNone((add) => readJUnit(file, add));
    if (error !== undefined) {
      problems.push(`${file} cannot be read as JUnit XML: ${errorText(error)}`);
    }
  }
}

/** File systems keep times as coarse as two seconds. */
export const CLOCK_GRAIN_MS = 2000;

/** @param pattern a path whose last name may have `*` in it */
function junitFiles(pattern: string, problems: string[]): string[] {
  const directory = dirname(pattern);
  const parts = pattern.slice(directory.length + 1).split('*');
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  const fits = (name: string): boolean => {
    if (last === undefined) return name === first;
    if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
    let at = first.length;
    for (const part of rest) {
      const found = name.indexOf(part, at);
      if (found < 0 || found + part.length > name.length - last.length) return false;
      at = found + part.length;
    }
    return true;
  };
  try {
    return readdirSync(directory)
      .filter(fits)
      .sort()
      .map((name) => join(directory, name));
  } catch (error) {
    problems.push(`${directory}: ${errorText(error)}`);
    return [];
  }
}

function exitCodeOf(outcome: StageOutcome): number {
  return outcome.kind === 'passed' ? 0 : outcome.kind === 'failed' ? outcome.exitCode : -1;
}

function failureText(outcome: StageOutcome): string {
  switch (outcome.kind) {
    case 'passed':
    case 'aborted':
    case 'errors-found':
      return '';
    case 'failed':
      return `*** the command failed with exit code ${outcome.exitCode}`;
    case 'signalled':
      return `*** the command was ended by ${outcome.signal}`;
    case 'timed-out':
      return `*** the command did not end within ${outcome.timeoutMs / 1000} s and was ended`;
    case 'not-started':
      return `*** ${outcome.message}`;
  }
}

function stampOf(file: string): string {
  const stat = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? 'absent' : `${stat.ino} ${stat.size} ${stat.mtimeNs}`;
}
