import { dirname, join } from 'node:path';
import type { Project } from '../config/project.js';
import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import { refuseLink } from '../files/in-the-way.js';
import { object, optional, parseRecord, recordText, string, type TypeOf } from '../records/schema.js';
import { BROKEN_SINCE, type BuildEvent, eventId } from './event.js';

/*
 * Whether a build is broken, for the events of its next run:
 *
 *     notify/.breakage/gcc.json
 *
 * An event is put into the spools first, and is remembered after that. A process that dies in between leaves it to the next run to
 * decide the same anew; since the id of an event is made of the one before it, that is the same event to those who get it twice.
 */

const MEMORY = object({
  /** Missing when it is not broken. */
  broken: optional(BROKEN_SINCE),
  /** The id of the last event; empty before the first one. */
  last: string(),
});
export type Breakage = TypeOf<typeof MEMORY>;

/** What a run means after what is remembered: which event, and what to remember then. */
export interface Judged {
  /** Undefined when nothing has changed. */
  readonly event: 'broken' | 'fixed' | undefined;
  readonly id: string;
  readonly since: BuildEvent['brokenSince'];
  readonly next: Breakage;
}

/** @param run what to remember of it when it is the first that failed */
export function judgeBreakage(
  build: string,
  { broken, last }: Breakage,
  failed: boolean,
  run: Omit<NonNullable<BuildEvent['brokenSince']>, 'runs'>,
): Judged {
  if (failed && broken !== undefined) {
    const next = { broken: { ...broken, runs: broken.runs + 1 }, last };
    return { event: undefined, id: last, since: broken, next };
  }
  if (failed) {
    const id = eventId('broken', build, last);
    return { event: 'broken', id, since: undefined, next: { broken: { ...run, runs: 1 }, last: id } };
  }
  if (broken === undefined) return { event: undefined, id: last, since: undefined, next: { last } };
  const id = eventId('fixed', build, last);
  return { event: 'fixed', id, since: broken, next: { last: id } };
}

/** @returns undefined where nothing is remembered, or nothing that can be read */
export function readBreakage(project: Project, build: string): Breakage | undefined {
  try {
    return parseRecord(MEMORY, readRegularFile(fileOf(project, build), 64 * 1024) ?? '');
  } catch {
    return undefined;
  }
}

/** @throws InTheWay, the system's error; what was remembered before then stays */
export function writeBreakage(project: Project, build: string, memory: Breakage): void {
  const file = fileOf(project, build);
  for (const directory of [dirname(dirname(file)), dirname(file)]) refuseLink(directory);
  ensureDirectory(dirname(file));
  replaceAtomically(file, recordText(MEMORY, memory, 2), 0o660);
}

/** No entry has such a name. */
function fileOf({ scheduler }: Project, build: string): string {
  return join(scheduler.state, 'notify', '.breakage', `${build}.json`);
}
