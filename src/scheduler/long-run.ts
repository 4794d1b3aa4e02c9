import { join } from 'node:path';
import type { Build, Project } from '../config/project.js';
import { type BuildEvent, eventId, uuidOf } from '../notify/event.js';
import { addEvent, spoolOf } from '../notify/spool.js';
import { wants } from '../notify/subscription.js';
import { type PastRun, readHistory } from '../stages/history.js';
import { isFarLonger } from '../stages/stuck.js';
import { layoutOf } from '../stages/temporary.js';
import { formatDuration } from '../text/duration.js';
import { momentText } from '../text/moment.js';
import { shellWord } from '../text/shell-word.js';
import { WarningReporter } from '../warnings/reporter.js';
import type { JobRecord } from './job-record.js';

/**
 * Where a scheduler skips a run because the one before it has gone on for far longer than usual, the entries of [[notify]] get that:
 * once, then less and less often. A run that cron starts finds out by itself that it cannot begin.
 *
 * @returns whether there is an event to deliver
 * @throws the system's error
 */
export function postLongRun(project: Project, build: Build, record: JobRecord, now: Date): boolean {
  if (project.subscribers.length === 0) return false;
  const ms = now.getTime() - Date.parse(record.began);
  if (!isFarLonger(ms, pastOf(build))) return false;
  const event = longRunEvent(project, build, record, { ms, now });
  const subscribers = project.subscribers.filter((subscriber) => wants(subscriber, event));
  const warnings = new WarningReporter(join(layoutOf(build.directory).temporary, 'Warnings.json'), () => now);
  if (subscribers.length === 0 || warnings.warn('stuck', `long-run ${record.id}`, [event.headline]).length === 0)
    return false;
  for (const subscriber of subscribers) addEvent(spoolOf(project, subscriber), event, now);
  return true;
}

function longRunEvent(
  { name, file }: Project,
  { name: build }: Build,
  { id, began, host, pid }: JobRecord,
  { ms, now }: { readonly ms: number; readonly now: Date },
): BuildEvent {
  const time = now.toISOString();
  const headline = `its run of ${momentText(began)} has been going on for ${formatDuration(ms)}, far longer than usual`;
  return {
    version: 1,
    event: 'stuck',
    id: eventId('stuck', build, name, id, time),
    time,
    project: name,
    build,
    host,
    run: id,
    uuid: uuidOf(id),
    began,
    headline,
    message: [`${build}: ${headline} (process ${pid ?? 'unknown'} on ${host}); runs are skipped until it ends.`],
    stages: [],
    failures: [],
    waitedMs: 0,
    waits: [],
    locks: [],
    toSeeMore: `stagelock --config ${shellWord(file)} status ${shellWord(build)}`,
  };
}

function pastOf({ directory }: Build): readonly PastRun[] {
  try {
    return readHistory(directory).runs;
  } catch {
    // The history is reported by those who write it.
    return [];
  }
}
