import { counted } from '../text/counted.js';
import { formatDuration } from '../text/duration.js';
import { momentText } from '../text/moment.js';
import { shown } from '../text/shown.js';
import { tableLines } from '../text/table.js';
import type { Contention, TargetTotals } from './tally.js';

/** What a log says, for a person: the worst targets, the hosts, the hours lost. */
export function describeContention(contention: Contention, source: string): string[] {
  const { waits, waitedMs, skippedLines, fromMs, toMs, madeOnce } = contention;
  const skipped =
    skippedLines === 0 ? [] : [`${counted(skippedLines, 'line')} skipped: torn, or no entry of a lock log`];
  const once =
    madeOnce.objects === 0
      ? []
      : [`made once: ${counted(madeOnce.objects, 'object')}, ${hours(madeOnce.savedMs, 'h')} saved`];
  if (waits === 0 || fromMs === undefined || toMs === undefined) return [`${source}: no waits`, ...once, ...skipped];
  return [
    `${source}: ${counted(waits, 'wait')} from ${momentText(fromMs)} to ${momentText(toMs)}, ${hours(waitedMs)} lost`,
    ...once,
    ...skipped,
    '',
    ...tableLines(['waited', 'waits', 'longest', 'median held', 'held most by', 'target'], targetRows(contention), 4),
    ...(contention.targets.some((target) => target.atLeast)
      ? ['>= at least: the log names too many targets to follow each of them from the beginning']
      : []),
    '',
    ...tableLines(
      ['waited', 'waits', 'kept others waiting', 'host'],
      contention.hosts.map((host) => [
        formatDuration(host.waitedMs),
        String(host.waits),
        formatDuration(host.keptWaitingMs),
        shown(host.host),
      ]),
      3,
    ),
  ];
}

function targetRows({ targets, others }: Contention): string[][] {
  const rows = targets.map((target) => [
    `${target.atLeast ? '>= ' : ''}${formatDuration(target.waitedMs)}`,
    String(target.waits),
    formatDuration(target.longestMs),
    formatDuration(target.medianHeldMs),
    heldMostBy(target),
    shown(target.target),
  ]);
  if (others.waits === 0) return rows;
  return [...rows, [formatDuration(others.waitedMs), String(others.waits), '', '', '', '(all other targets)']];
}

function heldMostBy({ heldMostBy }: TargetTotals): string {
  return heldMostBy === undefined ? 'not recorded' : shown(heldMostBy);
}

/** In hours, since that is what is asked for, unless that would round to nothing. */
function hours(ms: number, unit = 'hours'): string {
  const hours = ms / 3_600_000;
  if (hours < 0.1) return formatDuration(ms);
  return `${hours < 10 ? hours.toFixed(1) : Math.round(hours)} ${unit}`;
}
