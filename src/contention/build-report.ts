import { counted } from '../text/counted.js';
import { formatDuration } from '../text/duration.js';
import { shown } from '../text/shown.js';
import { tableLines } from '../text/table.js';
import { type BuildContention, type IntervalFit, isTight } from './build-waits.js';

/** Which builds wait for which, for a person. @param span `in the last 28 d` */
export function describeBuildContention({ runs, waits, intervals }: BuildContention, span: string): string[] {
  const many = counted(runs, 'run');
  const tight = intervals.filter(isTight).map(tightLine);
  if (waits.length === 0) return [`${many} ${span}: no waits`, ...tight];
  const totalMs = waits.reduce((sum, { waitedMs }) => sum + waitedMs, 0);
  return [
    `${many} ${span}: waited ${formatDuration(totalMs)}`,
    '',
    ...tableLines(
      ['waited', 'runs', 'skipped', 'longest', 'median', 'build', 'waited for', 'of'],
      waits.map((wait) => [
        ...[formatDuration(wait.waitedMs), String(wait.runs), String(wait.skipped), formatDuration(wait.longestMs)],
        ...[formatDuration(wait.medianMs), shown(wait.build, 64), shown(wait.lock, 64), shown(wait.heldBy ?? '', 64)],
      ]),
      5,
    ),
    ...(tight.length === 0 ? [] : ['', ...tight]),
  ];
}

function tightLine({ build, schedule, intervalMs, mostTakeMs, mostWorkMs, proposal }: IntervalFit): string {
  const without = mostWorkMs < mostTakeMs ? ` (${formatDuration(mostWorkMs)} without waits)` : '';
  return `${shown(build, 64)}: nine of ten runs take up to ${formatDuration(mostTakeMs)}${without}, and ${schedule} starts one each ${formatDuration(intervalMs)}${proposal === undefined ? '' : `; this interval would fit: ${proposal}`}`;
}
