import { closeSync } from 'node:fs';
import type { Build } from '../config/project.js';
import { failureLines } from '../failures/failure-lines.js';
import { headlineWithEnd } from '../failures/headline.js';
import { readFailedRun } from '../stages/failed-run.js';
import type { PastRun } from '../stages/history.js';
import { type MarkedLine, markedLines } from '../stages/marked-log.js';
import { openOwnLog } from '../stages/own-log.js';
import { findRun, hasFailed, logsOf, type PastLog } from '../stages/past-logs.js';
import { type ColourChoice, isColoured, type Painter, painter } from '../text/colour.js';
import { shown } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';
import { runLine } from './log-line.js';
import { type Paged, paged } from './pager.js';

export interface ShowOptions {
  /** Only runs that failed are looked for. */
  readonly failed: boolean;
  readonly colour: ColourChoice;
  readonly pager: boolean;
}

/** Lines of a failure that are shown: all that are kept of it. */
const ALL = 2000;

/**
 * `stagelock log BUILD --show [RUN] [STAGE]`: what failed in a run, and the logs of the stages that failed, or of all; or the log of one
 * stage alone, as it is.
 *
 * @param runs oldest first
 * @param wanted what stands behind `--show`
 */
export async function showRun(
  build: Build,
  runs: readonly PastRun[],
  wanted: readonly string[],
  { failed, colour, pager }: ShowOptions,
): Promise<void> {
  const { run, stage } = choose(build, failed ? runs.filter(hasFailed) : runs, wanted);
  const logs = logsOf(build, run);
  const chosen = stage === undefined ? mostInteresting(logs) : logs.filter((log) => log.stage === stage);
  if (stage !== undefined && chosen.length === 0) {
    const names = logs.map((log) => log.stage).join(', ');
    throw new Refusal(EXIT.usage, `${run.stamp} of ${build.name} has no stage ${shown(stage, 64)}; it had: ${names}`);
  }
  const paint = painter(isColoured(colour, process.stdout, process.env));
  const output = await paged(pager, process.env);
  try {
    if (stage === undefined && !(await output.write(headOf(build, run, paint)))) return;
    for (const log of chosen) if (!(await showLog(build, log, stage === undefined, { output, paint }))) return;
  } finally {
    await output.end();
  }
}

/** The run, and the stage if one is named: `--show`, `--show RUN`, `--show STAGE`, `--show RUN STAGE`. */
function choose(
  build: Build,
  runs: readonly PastRun[],
  [first, second, ...more]: readonly string[],
): { readonly run: PastRun; readonly stage: string | undefined } {
  if (more.length > 0) throw new Refusal(EXIT.usage, '--show takes a run and a stage, and nothing else');
  if (runs.length === 0) throw new Refusal(EXIT.failed, `${build.name} has no such run yet`);
  const run = findRun(runs, first);
  if (run !== undefined) return { run, stage: second };
  const newest = runs.at(-1);
  const isStage =
    first !== undefined && newest !== undefined && logsOf(build, newest).some(({ stage }) => stage === first);
  if (isStage && second === undefined) return { run: newest, stage: first };
  throw new Refusal(
    EXIT.failed,
    `${build.name} has no run ${shown(first ?? '', 64)} in its history. To see its runs: stagelock log ${build.name}`,
  );
}

/** Those of the stages that failed; where none did, all. */
function mostInteresting(logs: readonly PastLog[]): readonly PastLog[] {
  const failed = logs.filter(({ outcome }) => outcome !== undefined && outcome !== 'passed');
  return failed.length > 0 ? failed : logs;
}

function headOf(build: Build, run: PastRun, paint: Painter): string {
  const failures = readFailedRun(build.directory, run)?.failures ?? [];
  const lines = failures.flatMap((failure) => [
    paint('red', shown(headlineWithEnd(failure))),
    ...failureLines(failure, ALL),
  ]);
  return `${[runLine(run), ...lines].join('\n')}\n`;
}

/** @returns false when the reader has left */
async function showLog(
  build: Build,
  { stage, path, outcome }: PastLog,
  withTitle: boolean,
  { output, paint }: { readonly output: Paged; readonly paint: Painter },
): Promise<boolean> {
  const end = outcome === undefined || outcome === 'passed' ? '' : ` (${shown(outcome, 64)})`;
  const title = withTitle ? `\n${paint('bold', `==> ${stage}${end}: ${shown(path)} <==`)}\n` : '';
  const log = openOwnLog(build, path);
  if (log.kind !== 'open') {
    const why = log.kind === 'absent' ? 'this log is gone' : `this log is not shown: ${log.why}`;
    return await output.write(`${title}[${shown(why)}]\n`);
  }
  if (title !== '' && !(await output.write(title))) {
    closeSync(log.fd);
    return false;
  }
  for await (const lines of markedLines(log, path)) {
    if (!(await output.write(lines.map((line) => `${painted(line, paint)}\n`).join('')))) return false;
  }
  return true;
}

function painted({ text, kind }: MarkedLine, paint: Painter): string {
  return kind === undefined ? text : paint(kind === 'error' ? 'red' : 'yellow', text);
}
