import { formatDuration } from '../config/duration.js';
import { historyFile, type PastRun, readHistory } from '../stages/history.js';
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
  const shown = runs.slice(-Number(count));
  if (unreadable > 0) {
    process.stderr.write(`stagelock: ${historyFile(build.directory)}: ${unreadable} lines are torn and were skipped\n`);
  }
  if (json) process.stdout.write(shown.map((run) => `${JSON.stringify(run)}\n`).join(''));
  else if (shown.length === 0) process.stdout.write(`${build.name} has not built anything yet\n`);
  else process.stdout.write(shown.map((run) => `${textOf(run)}\n`).join(''));
}

function textOf(run: PastRun): string {
  const { begun, stamp, ended, result, waitedMs = 0, update, stages = [] } = run;
  if (ended === undefined) return `${stamp}  ${timeOf(begun)}  goes on, or died`;
  const took = formatDuration(Math.max(0, Date.parse(ended) - Date.parse(begun)));
  const facts = [
    ...(update === undefined
      ? []
      : [`${update.revision.slice(0, 12)}, ${update.commits} ${update.commits === 1 ? 'commit' : 'commits'}`]),
    ...(waitedMs >= 1000 ? [`waited ${formatDuration(waitedMs)}`] : []),
    ...stages.map(
      ({ name, outcome, ms }) => `${name} ${outcome === 'passed' ? '' : `${outcome} `}${formatDuration(ms)}`,
    ),
  ];
  return `${stamp}  ${timeOf(begun)}  ${(result ?? '').padEnd(12)}  ${took.padEnd(8)}  ${facts.join('; ')}`;
}

const timeOf = (iso: string): string => iso.slice(11, 19);
