import type { Project } from '../config/project.js';
import type { Host } from '../host/host.js';
import { heldBy } from '../locks/index.js';
import { doingOf } from '../scheduler/doing.js';
import type { PlaceInQueue } from '../scheduler/places.js';
import type { ProjectStatus, ScheduledStatus } from '../scheduler/project-status.js';
import { explainClaim } from '../stages/claim-messages.js';
import type { PastRun } from '../stages/history.js';
import { describeLock, describeOwner, describePulse } from '../stages/messages.js';
import type { Pulse } from '../stages/pulse.js';
import { resultWords, wasSkipped } from '../stages/result-words.js';
import type { BuildStatus, LockStatus, StageStatus } from '../stages/status.js';
import { waitingText } from '../stages/submission.js';
import type { Painter } from '../text/colour.js';
import { counted } from '../text/counted.js';
import { formatDuration } from '../text/duration.js';
import { momentText } from '../text/moment.js';
import { shellWord } from '../text/shell-word.js';
import { shown, shownLines } from '../text/shown.js';

/** What the status of a project is told with. */
export interface StatusView {
  readonly project: Project;
  readonly host: Host;
  readonly now: Date;
  readonly paint: Painter;
  /** By the paths of locks, of those that were watched. */
  readonly pulses: ReadonlyMap<string, Pulse>;
}

/** The status of a project in lines. Of a single build, a person wants to know nothing of schedulers and mails. */
export function statusText(
  { builds, schedulers, mails, events }: ProjectStatus,
  view: StatusView,
  isWhole: boolean,
): string[] {
  const lines = builds.flatMap((status) => buildLines(status, view));
  if (!isWhole) return lines;
  for (const { host, pid, since, judgement } of schedulers) {
    const forMs = view.now.getTime() - Date.parse(since);
    lines.push(`scheduler: ${heldBy({ pid, host: shown(host, 255) }, judgement, forMs)}`);
  }
  const [waiting, failed] = [mails?.waiting.length ?? 0, mails?.failed.length ?? 0];
  const stagelock = `stagelock --config ${shellWord(view.project.file)}`;
  if (waiting + failed > 0) lines.push(`mail: ${waiting} waiting, ${failed} given up; details: ${stagelock} mail`);
  for (const { subscriber, waiting: count } of events.filter((each) => each.waiting > 0)) {
    lines.push(`notify ${subscriber}: ${counted(count, 'event')} waiting; details: ${stagelock} notify`);
  }
  return lines;
}

function buildLines(status: ScheduledStatus, { project, host, now, paint, pulses }: StatusView): string[] {
  const { place, nextMs, locks, halfMoved, refusal, undelivered } = status;
  const context = { host, now, configFile: project.file, builds: project.builds };
  const build = project.builds.get(status.build);
  const lines = [
    `${status.build} (${status.role}): ${headline(status, now, paint)}`,
    ...pastLines(status, now, paint),
    ...(place === undefined ? [] : [`  ${placeText(place)}`]),
  ];
  for (const lock of locks) {
    const pulse = pulses.get(lock.path);
    lines.push(...describeLock(lock, context), ...(pulse === undefined ? [] : describePulse(pulse)));
  }
  if (halfMoved !== undefined) {
    lines.push(`  source may be half updated: ${shown(halfMoved)}; the next run of ${status.build} repairs it`);
  }
  lines.push(...waitLines(status.waitsFor, now));
  if (refusal !== undefined && build !== undefined)
    lines.push(...explainClaim(build, refusal).map((line) => `  ${line}`));
  if (undelivered.count > 0) lines.push(`  reports: ${shown(waitingText(undelivered))}`);
  if (nextMs !== undefined) lines.push(`  next by its schedule: ${momentText(nextMs)}`);
  return lines;
}

function placeText({ place, of, maxRuns, host, since }: PlaceInQueue): string {
  return `waiting for a free slot since ${momentText(since)}, number ${place} of ${of}; ${shown(host, 255)} runs at most ${maxRuns} at once (max_runs)`;
}

/** What a build does, in a few words. */
function headline(status: ScheduledStatus, now: Date, paint: Painter): string {
  const doing = doingOf(status);
  switch (doing.kind) {
    case 'unreadable':
      return paint('red', `cannot be read: ${shownLines(doing.problem)}`);
    case 'idle':
      return doing.hasRun ? 'idle' : 'idle, has not built anything yet';
    case 'dead':
      return paint('red', 'left locks behind');
    case 'queued':
    case 'waiting':
      return paint('yellow', 'waiting');
    case 'unknown':
      return 'unknown';
    case 'running':
      return paint('green', `running${doing.stage === undefined ? '' : `: ${stageText(doing.stage, now)}`}`);
  }
}

function stageText({ name, since, expectedMs }: StageStatus, now: Date): string {
  const expected = expectedMs === undefined ? '' : ` of about ${formatDuration(expectedMs)}`;
  return `${name} for ${formatDuration(msSince(since, now))}${expected}`;
}

/** How its newest runs ended, and what it has yet to build. */
function pastLines({ past, owes = 0 }: BuildStatus, now: Date, paint: Painter): string[] {
  const { last, judged, passed } = past ?? {};
  const lines: string[] = [];
  if (last !== undefined) lines.push(`  last run: ${lastText(last, now, paint)}`);
  if (judged !== undefined && judged.run !== last?.run) lines.push(`  last built: ${lastText(judged, now, paint)}`);
  if (passed !== undefined && passed.run !== last?.run && passed.run !== judged?.run)
    lines.push(`  last passed: ${agoText(passed, now)}`);
  if (owes > 0) lines.push(`  has yet to build ${counted(owes, 'update')}`);
  return lines;
}

/** Whom it waits for: the lock, who holds it, since when. */
function waitLines(waitsFor: readonly LockStatus[], now: Date): string[] {
  return waitsFor.map(({ path, record, judgement }) => {
    if (record === undefined) return `  waits for ${shown(path)}`;
    return `  waits for ${shown(path)}: ${record.build}, ${describeOwner(record, judgement, now)}`;
  });
}

/** How a run has ended, and when. */
export function lastText(run: PastRun, now: Date, paint: Painter): string {
  if (run.result === 'done') return `${paint('green', 'passed')} ${agoText(run, now)}`;
  return `${paint(wasSkipped(run) ? 'yellow' : 'red', shown(resultWords(run), 300))}, ${agoText(run, now)}`;
}

function agoText({ stamp, ended = '' }: PastRun, now: Date): string {
  return `${formatDuration(msSince(ended, now))} ago (${shown(stamp, 64)}, ${momentText(ended)})`;
}

function msSince(time: string, now: Date): number {
  const ms = now.getTime() - Date.parse(time);
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
}
