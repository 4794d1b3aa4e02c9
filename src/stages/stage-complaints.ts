import { basename } from 'node:path';
import { cmakeOfCache } from '../config/detect.js';
import type { Build, Stage } from '../config/project.js';
import { errorsOf } from '../failures/build-report.js';
import { type CTestCustom, readCTestCustom, VARIABLES } from '../reports/ctest-custom.js';
import { CTEST_LIMITS, type LogScan, type ScanLimits, scanLog } from '../reports/log-scan/scan.js';
import { shown } from '../text/shown.js';
import type { StageOutcome } from './stage-command.js';
import { isReported, type ReportBefore } from './stage-report.js';

/** What a stage was found to complain of. */
export interface Complaints {
  /** Undefined where the log was not looked at, or the command has done so itself. */
  readonly scan: LogScan | undefined;
  readonly limits: ScanLimits;
  readonly errors: number;
}

/** A part of a log, in bytes of its file. */
export interface LogPart {
  readonly logFile: string;
  readonly logStart: number;
  readonly logEnd: number;
}

/** Whether the log of a stage is searched for errors and warnings: for `Build.xml`, or because errors count as a failure. */
function isJudged({ report, errors }: Stage): boolean {
  return report === 'build' || errors === 'fail';
}

/**
 * How the project wants the log of a stage to be judged; undefined when as CTest does by itself, or not at all. It is asked before each
 * such stage: a configure may have written it.
 *
 * @throws StillRunning when cmake cannot be ended
 */
export async function customOf(
  build: Build,
  stage: Stage,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<CTestCustom | undefined> {
  if (!isJudged(stage)) return undefined;
  return readCTestCustom(build.directory, { cmake: cmakeOf(build), environment, signal });
}

/** The expressions of the project that cost so much that they were left out, for a person: the verdict may not be the one of ctest. */
export function explainLeftOut(stage: Stage, { scan }: Complaints): string[] {
  return (scan?.leftOut ?? []).map(
    ({ kind, text, logLine }) =>
      `${VARIABLES[kind]}: ${shown(JSON.stringify(text), 200)} takes too long, so stagelock ignored it from line ${logLine} of the log of ${stage.name} on`,
  );
}

/** The expressions of the project that CMake does not take, in lines for the log. */
export function explainRefused({ judge }: CTestCustom): string[] {
  return judge.refused.map(
    ({ kind, text, why }) => `${VARIABLES[kind]}: ignored, as by ctest: ${shown(JSON.stringify(text), 200)} (${why})`,
  );
}

/** The cmake that a stage of the build runs, or has configured it; else the one of the `PATH`. */
function cmakeOf({ stages, directory }: Build): string {
  for (const { command } of stages) {
    if (command.kind === 'argv' && basename(command.argv[0]) === 'cmake') return command.argv[0];
  }
  return cmakeOfCache(directory) ?? 'cmake';
}

/** What a stage has left that may complain. */
interface ToJudge {
  /** What its command has written. */
  readonly written: LogPart;
  /** The stage's report, as it was before. */
  readonly before: ReportBefore | undefined;
  readonly custom: CTestCustom | undefined;
}

/**
 * Searches the log for errors and warnings where they are needed. When the command was `ctest -T Build` or the like, its `Build.xml`
 * says what it has found.
 *
 * @returns undefined when aborted
 * @throws the system's error when the log cannot be read
 */
export async function complaintsOf(
  stage: Stage,
  { written, before, custom }: ToJudge,
  signal: AbortSignal,
): Promise<Complaints | undefined> {
  const { judge, limits = CTEST_LIMITS } = custom ?? {};
  if (stage.report === 'build' && before !== undefined && isReported(before)) {
    return { scan: undefined, limits, errors: stage.errors === 'fail' ? errorsOf(before.file).count : 0 };
  }
  if (!isJudged(stage)) return { scan: undefined, limits, errors: 0 };
  const part = { limits, from: written.logStart, to: written.logEnd, signal };
  const scan = await scanLog(written.logFile, { ...(judge !== undefined && { judge }), ...part });
  if (scan === undefined) return undefined;
  return { scan, limits, errors: scan.errors };
}

/** How a stage has ended when its complaints count. */
export function judgedBy({ errors, limits }: Complaints, outcome: StageOutcome, stage: Stage): StageOutcome {
  if (outcome.kind !== 'passed' || stage.errors !== 'fail' || errors === 0) return outcome;
  return { kind: 'errors-found', errors, orMore: errors >= limits.errors };
}
