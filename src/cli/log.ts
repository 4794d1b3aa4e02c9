import { type History, historyFile, readHistory } from '../stages/history.js';
import { hasFailed } from '../stages/past-logs.js';
import type { ColourChoice } from '../text/colour.js';
import { jsonText } from '../text/json.js';
import { shown } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';
import { runLine } from './log-line.js';
import { buildOf, type GlobalOptions, projectOf } from './project-of.js';

export interface LogOptions {
  readonly json?: boolean;
  readonly count: string;
  /** Only runs that failed. */
  readonly failed?: boolean;
  /** What stands behind `--show`; true for nothing. */
  readonly show?: true | readonly string[];
  readonly follow?: boolean;
  readonly color: ColourChoice;
  readonly pager: boolean;
}

/** `stagelock log [BUILD]` */
export async function logCommand(
  options: GlobalOptions,
  name: string | undefined,
  { json = false, count, failed = false, show, follow = false, color, pager }: LogOptions,
): Promise<void> {
  if (!/^[1-9]\d{0,5}$/.test(count)) throw new Refusal(EXIT.usage, `--count ${count} is not a number of runs`);
  if ([json, show !== undefined, follow].filter(Boolean).length > 1) {
    throw new Refusal(EXIT.usage, 'give only one of --json, --show and --follow');
  }
  const build = buildOf(projectOf(options), name);
  if (follow) {
    const { followRun } = await import('./log-follow.js');
    await followRun(build, color);
    return;
  }
  const history = readHistory(build.directory);
  reportUnreadable(build.directory, history);
  if (show !== undefined) {
    const { showRun } = await import('./log-show.js');
    await showRun(build, history.runs, show === true ? [] : show, { failed, colour: color, pager });
    return;
  }
  const runs = (failed ? history.runs.filter(hasFailed) : history.runs).slice(-Number(count));
  if (json) process.stdout.write(runs.map((run) => `${jsonText(run)}\n`).join(''));
  else if (runs.length > 0) process.stdout.write(runs.map((run) => `${runLine(run)}\n`).join(''));
  else process.stdout.write(`${build.name} ${failed ? 'has no run that failed' : 'has not built anything yet'}\n`);
}

function reportUnreadable(directory: string, { unreadable }: History): void {
  if (unreadable === 0) return;
  const file = shown(historyFile(directory));
  process.stderr.write(`stagelock: ${file}: ${unreadable} incomplete lines were skipped\n`);
}
