import type { PlaceInQueue } from '../scheduler/places.js';
import type { PastRun } from '../stages/history.js';
import { describeOwner } from '../stages/messages.js';
import type { BuildStatus, LockStatus } from '../stages/status.js';
import type { Painter } from '../text/colour.js';
import { counted } from '../text/counted.js';
import { formatDuration } from '../text/duration.js';
import { momentText } from '../text/moment.js';
import { shown, shownLines } from '../text/shown.js';

/** What a build does, in a few words. */
export function headline(status: BuildStatus, place: PlaceInQueue | undefined, now: Date, paint: Painter): string {
  const { locks, waitsFor, problem, stage, past } = status;
  if (problem !== undefined) return paint('red', `cannot be read: ${shownLines(problem)}`);
  if (locks.length === 0) {
    if (place !== undefined) return paint('yellow', 'waiting');
    return past?.last === undefined ? 'idle, has not built anything yet' : 'idle';
  }
  if (locks.some((lock) => lock.judgement.fate === 'dead')) return paint('red', 'left locks behind');
  if (waitsFor.length > 0) return paint('yellow', 'waiting');
  if (!locks.every((lock) => lock.judgement.fate === 'alive')) return 'unknown';
  if (stage === undefined) return paint('green', 'running');
  const expected = stage.expectedMs === undefined ? '' : ` of about ${formatDuration(stage.expectedMs)}`;
  return paint('green', `running: ${stage.name} for ${formatDuration(msSince(stage.since, now))}${expected}`);
}

/** How its newest runs ended, and what it has yet to build. */
export function pastLines({ past, owes = 0 }: BuildStatus, now: Date, paint: Painter): string[] {
  const { last, passed } = past ?? {};
  const lines: string[] = [];
  if (last !== undefined) lines.push(`  last run: ${lastText(last, now, paint)}`);
  if (passed !== undefined && passed.run !== last?.run) lines.push(`  last passed: ${agoText(passed, now)}`);
  if (owes > 0) lines.push(`  has yet to build ${counted(owes, 'update')}`);
  return lines;
}

/** Whom it waits for: the lock, who holds it, since when. */
export function waitLines(waitsFor: readonly LockStatus[], now: Date): string[] {
  return waitsFor.map(({ path, record, judgement }) => {
    if (record === undefined) return `  waits for ${shown(path)}`;
    return `  waits for ${shown(path)}: ${record.build}, ${describeOwner(record, judgement, now)}`;
  });
}

function lastText(run: PastRun, now: Date, paint: Painter): string {
  const { result = '', headline: what } = run;
  if (result === 'done') return `${paint('green', 'passed')} ${agoText(run, now)}`;
  return `${paint('red', shown(what ?? result, 300))}, ${agoText(run, now)}`;
}

function agoText({ stamp, ended = '' }: PastRun, now: Date): string {
  return `${formatDuration(msSince(ended, now))} ago (${shown(stamp, 64)}, ${momentText(ended)})`;
}

function msSince(time: string, now: Date): number {
  const ms = now.getTime() - Date.parse(time);
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
}
