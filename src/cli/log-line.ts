import type { PastRun } from '../stages/history.js';
import { formatDuration } from '../text/duration.js';
import { momentText } from '../text/moment.js';
import { shown } from '../text/shown.js';

/** A past run in one line: its stamp, when it began, how it ended, how long it took, what it built, what failed. */
export function runLine(run: PastRun): string {
  const { begun, stamp, ended, result, headline, waitedMs = 0, update, stages = [] } = run;
  if (ended === undefined) return `${shown(stamp, 64)}  ${momentText(begun)}  running, or died`;
  const took = formatDuration(Math.max(0, Date.parse(ended) - Date.parse(begun)));
  const facts = [
    ...(headline === undefined ? [] : [shown(headline, 500)]),
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
