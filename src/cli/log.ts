import { historyFile, type PastRun, readHistory } from '../stages/history.js';
import { formatDuration } from '../text/duration.js';
import { jsonText } from '../text/json.js';
import { momentText } from '../text/moment.js';
import { shown } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';
import { buildOf, type GlobalOptions, projectOf } from './project-of.js';

/** `stagelock log [BUILD]` */
export function logCommand(
  options: GlobalOptions,
  name: string | undefined,
  { json = false, count }: { readonly json?: boolean; readonly count: string },
): void {
  if (!/^[1-9]\d{0,5}$/.test(count)) throw new Refusal(EXIT.usage, `--count ${count} is not a number of runs`);
  const build = buildOf(projectOf(options), name);
  const { runs, unreadable } = readHistory(build.directory);
  const newest = runs.slice(-Number(count));
  if (unreadable > 0) {
    process.stderr.write(
      `stagelock: ${shown(historyFile(build.directory))}: ${unreadable} incomplete lines were skipped\n`,
    );
  }
  if (json) process.stdout.write(newest.map((run) => `${jsonText(run)}\n`).join(''));
  else if (newest.length === 0) process.stdout.write(`${build.name} has not built anything yet\n`);
  else process.stdout.write(newest.map((run) => `${textOf(run)}\n`).join(''));
}

function textOf(run: PastRun): string {
  const { begun, stamp, ended, result, waitedMs = 0, update, stages = [] } = run;
  if (ended === undefined) return `${shown(stamp, 64)}  ${momentText(begun)}  running, or died`;
  const took = formatDuration(Math.max(0, Date.parse(ended) - Date.parse(begun)));
  const facts = [
    ...(update === undefined
      ? []
      : [`${shown(update.revision.slice(0, 12))}, ${update.commits} ${update.commits === 1 ? 'commit' : 'commits'}`]),
    ...(waitedMs >= 1000 ? [`waited ${formatDuration(waitedMs)}`] : []),
    ...stages.map(
      ({ name, outcome, ms }) =>
        `${shown(name, 64)} ${outcome === 'passed' ? '' : `${shown(outcome, 64)} `}${formatDuration(ms)}`,
    ),
  ];
  return `${shown(stamp, 64)}  ${momentText(begun)}  ${shown(result ?? '', 64).padEnd(12)}  ${took.padEnd(8)}  ${facts.join('; ')}`;
}
