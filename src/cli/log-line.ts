import type { PastRun, PastWait } from '../stages/history.js';
import { counted } from '../text/counted.js';
import { formatDuration } from '../text/duration.js';
import { momentText } from '../text/moment.js';
import { shown } from '../text/shown.js';

/** A past run in one line: its stamp, when it began, how it ended, how long it took, what it built, what failed. */
export function runLine(run: PastRun): string {
  const { begun, stamp, ended, result, headline, waitedMs = 0, waits = [], update, stages = [] } = run;
  if (ended === undefined) return `${shown(stamp, 64)}  ${momentText(begun)}  running, or died`;
  const took = formatDuration(Math.max(0, Date.parse(ended) - Date.parse(begun)));
  const facts = [
    ...(headline === undefined ? [] : [shown(headline, 500)]),
    ...(update === undefined ? [] : [`${shown(update.revision.slice(0, 12))}, ${counted(update.commits, 'commit')}`]),
    ...(result === 'secondaries-building' ? skippedFor(waits) : waitTexts(waitedMs, waits)),
    ...stages.map(
      ({ name, outcome, ms }) =>
        `${shown(name, 64)} ${outcome === 'passed' ? '' : `${shown(outcome, 64)} `}${formatDuration(ms)}`,
    ),
  ];
  return `${shown(stamp, 64)}  ${momentText(begun)}  ${shown(result ?? '', 64).padEnd(12)}  ${took.padEnd(8)}  ${facts.join('; ')}`;
}

/** Locks that are named. */
const MOST_WAITS = 3;

/** `skipped for running.gcc-debug` */
function skippedFor(waits: readonly PastWait[]): string[] {
  const locks = waits.slice(0, MOST_WAITS).map(({ lock }) => shown(lock, 64));
  return locks.length === 0 ? [] : [`skipped for ${locks.join(', ')}`];
}

/** `waited 4 min for running.gcc-debug`; runs of earlier versions have recorded the sum alone. */
function waitTexts(waitedMs: number, waits: readonly PastWait[]): string[] {
  const long = waits.filter(({ ms }) => ms >= 1000).slice(0, MOST_WAITS);
  if (long.length === 0) return waitedMs >= 1000 ? [`waited ${formatDuration(waitedMs)}`] : [];
  return [
    `waited ${long.map(({ lock, build, ms }) => `${formatDuration(ms)} for ${shown(lock, 64)}${lock === 'update' && build !== undefined ? ` of ${shown(build, 64)}` : ''}`).join(', ')}`,
  ];
}
