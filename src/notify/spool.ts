import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Project, Subscriber } from '../config/project.js';
import { replaceAtomically } from '../files/atomic-file.js';
import { removeIfThere } from '../files/directory-entries.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import { refuseLink } from '../files/in-the-way.js';
import { count, object, optional, recordText, string, type TypeOf, time } from '../records/schema.js';
import { Spool } from '../spool/spool.js';
import { readSpooled, timeOfStem } from '../spool/spooled-record.js';
import { compactTime } from '../text/compact-time.js';
import { type BuildEvent, buildMark, EVENT } from './event.js';

/*
 * What waits for one subscriber is a directory below the state of a project, with one file for each event:
 *
 *     notify/chat/20020131T112100000Z-broken.1f0c44ab.93….json    the event; after a failed attempt the name says when that was
 *
 * Neither where it goes to nor a secret stands there: the configuration says that at the time of an attempt.
 */

/** The file of an event. Times are ISO 8601. */
const SPOOLED = object({
  /** When it was put there. */
  since: time,
  tries: count,
  tried: optional(time),
  /** No attempt before this time: the server has asked for it. */
  notBefore: optional(time),
  /** How often the other side did not want it. */
  refusals: count,
  /** What came of the last attempt; empty before the first one. */
  why: string(),
  event: EVENT,
});

/** An event in the spool. */
export type SpooledEvent = TypeOf<typeof SPOOLED> & {
  /** Its file. */
  readonly path: string;
};

const EXTENSION = '.json';
const STEM = /^(\d{8}T\d{9}Z)-([a-z]+\.([0-9a-f]{8})\.[0-9a-f]{24})$/;
/** Events quote logs: other users must not read them, but the members of a team share the spool. */
const MODE = 0o660;

/** `notify/NAME` below the state of a project. */
export function spoolOf({ scheduler }: Project, { name }: Pick<Subscriber, 'name'>): string {
  return join(scheduler.state, 'notify', name);
}

/** The events of a spool as a delivery sees them. */
export function eventsIn(spool: string): Spool<SpooledEvent> {
  return new Spool(spool, {
    stem: STEM,
    extension: EXTENSION,
    bytesOf: ({ path }) => lstatSync(path, { throwIfNoEntry: false })?.size ?? 0,
    bornMs: ({ stem }) => timeOfStem(stem, STEM),
    read: (path) => readSpooled(path, SPOOLED, 'event'),
  });
}

/**
 * Puts an event into a spool; one that is there already stays as it is.
 *
 * @throws InTheWay, the system's error; then nothing of it is in the spool
 */
export function addEvent(spool: string, event: BuildEvent, now: Date): void {
  for (const directory of [dirname(spool), spool]) refuseLink(directory);
  ensureDirectory(spool);
  if (isThere(spool, event)) return;
  const text = recordText(SPOOLED, { since: now.toISOString(), tries: 0, refusals: 0, why: '', event }, 2);
  replaceAtomically(join(spool, `${compactTime(event.time)}-${event.id}${EXTENSION}`), text, MODE);
}

/** Whether anything waits in a spool; every run asks. @throws the system's error */
export function hasEvents(spool: string): boolean {
  return !eventsIn(spool).isEmpty();
}

/** Remembers what came of an attempt. @throws the system's error; what was known before then stays */
export function writeEvent(spooled: SpooledEvent): void {
  replaceAtomically(spooled.path, recordText(SPOOLED, spooled, 2), MODE);
}

/** An event that is delivered or given up. A process that dies before this sends it once more, with the same id. */
export function dropEvent({ path }: Pick<SpooledEvent, 'path'>): void {
  removeIfThere(path);
}

/** Whether a later event of the same build waits behind this one. @throws the system's error */
export function isOutdated(spool: string, { event }: SpooledEvent): boolean {
  const mark = buildMark(event.build);
  const own = `${compactTime(event.time)}-${event.id}`;
  return eventsIn(spool).has(({ stem }) => stem > own && STEM.exec(stem)?.[3] === mark);
}

function isThere(spool: string, { id }: BuildEvent): boolean {
  return eventsIn(spool).has(({ stem }) => STEM.exec(stem)?.[2] === id);
}
