import { readFileSync } from 'node:fs';
import type { Stage } from '../config/project.js';
import { CTEST_LIMITS, type LogScan, type ScanLimits, scanLog } from '../reports/log-scan/scan.js';
import { readXml } from '../xml/events.js';
import type { StageOutcome } from './stage-command.js';
import { isReported, type ReportBefore } from './stage-report.js';

/** What a stage was found to complain of. */
export interface Complaints {
  /** Undefined where the log was not looked at, or the command has done so itself. */
  readonly scan: LogScan | undefined;
  readonly limits: ScanLimits;
  readonly errors: number;
  readonly first: string | undefined;
}

/** A part of a log, in bytes of its file. */
interface LogPart {
  readonly logFile: string;
  readonly logStart: number;
  readonly logEnd: number;
}

/**
 * Looks for errors and warnings where somebody wants to know: for `Build.xml`, or because they count as a failure. When the
 * command was `ctest -T Build` or the like, its `Build.xml` says what it has found.
 *
 * @throws the system's error when the log cannot be read
 */
export function complaintsOf(
  stage: Stage,
  { logFile, logStart, logEnd }: LogPart,
  before: ReportBefore | undefined,
): Complaints {
  const limits = CTEST_LIMITS;
  if (stage.report === 'build' && before !== undefined && isReported(before)) {
    return {
      scan: undefined,
      limits,
      ...(stage.errors === 'fail' ? errorsIn(before.file) : { errors: 0, first: undefined }),
    };
  }
  if (stage.report !== 'build' && stage.errors !== 'fail')
    return { scan: undefined, limits, errors: 0, first: undefined };
  const scan = scanLog(logFile, { limits, from: logStart, to: logEnd });
  return { scan, limits, errors: scan.errors, first: scan.findings.find(({ kind }) => kind === 'error')?.text };
}

/** How a stage has ended when its complaints count. */
export function judgedBy({ errors, limits, first }: Complaints, outcome: StageOutcome, stage: Stage): StageOutcome {
  if (outcome.kind !== 'passed' || stage.errors !== 'fail' || errors === 0) return outcome;
  return { kind: 'errors-found', errors, orMore: errors >= limits.errors, first };
}

/** The errors that a `Build.xml` of CTest names, scraped from a log or told by its launchers. */
function errorsIn(file: string): Pick<Complaints, 'errors' | 'first'> {
  let errors = 0;
  let first: string | undefined;
  let inError = false;
  try {
    readXml(readFileSync(file), {
      open: (name, attributes) => {
        inError =
          name === 'Error' || (name === 'Failure' && attributes['type'] === 'Error') || (inError && name !== 'Warning');
        if (name === 'Error' || name === 'Failure') errors += inError ? 1 : 0;
      },
      close: (name, text) => {
        if (inError && (name === 'Text' || name === 'StdErr'))
          first ??= text.split('\n').find((line) => /error/i.test(line)) ?? text.split('\n')[0];
      },
    });
  } catch (error) {
    return { errors: errors + 1, first: `${file} cannot be read: ${error instanceof Error ? error.message : error}` };
  }
  return { errors, first };
}
