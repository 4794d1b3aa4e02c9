import { createHash } from 'node:crypto';
import { FAILURE } from '../failures/failure.js';
import { array, count, integer, object, oneOf, optional, string, type TypeOf, time } from '../records/schema.js';

/*
 * What happened to a build, as subscribers get it: the JSON that docs/notify.md describes. It is also what waits in a spool, so
 * that every attempt sends the same. Keys may be added to version 1; what a key means does not change.
 */

const COMMIT = object({
  revision: string(),
  author: string(),
  email: string(),
  /** ISO 8601, with the offset of the author. */
  date: string(),
  /** The first line of its message. */
  subject: string(),
});

/** What a run built that was not built before. */
const UPDATE = object({
  system: string(),
  prior: string(),
  revision: string(),
  /** The newest of them, oldest first. */
  commits: array(COMMIT),
  /** How many there are in all. */
  count,
});

/** A lock that was in the way. */
const LOCK = object({
  path: string(),
  build: optional(string()),
  host: optional(string()),
  pid: optional(integer()),
  since: optional(string()),
  fate: oneOf('alive', 'dead', 'unknown'),
});

const STAGE = object({ name: string(), outcome: string(), ms: count, log: string() });

/** The first run in a row that failed, and how many did before the present one. */
export const BROKEN_SINCE = object({ run: string(), stamp: string(), time, runs: count });

export const EVENT = object({
  version: oneOf(1),
  event: oneOf('start', 'run', 'broken', 'fixed', 'stuck', 'waited', 'test'),
  /** The same at each attempt, and of no other event. */
  id: string(/^[a-z]+\.[0-9a-f]{8}\.[0-9a-f]{24}$/),
  /** When it happened. */
  time,
  project: string(),
  build: string(),
  host: string(),
  /** The id of the run, as in `stagelock log --json`. */
  run: string(/^[\w.-]{1,64}$/),
  /** The same as a UUID, for services that know runs by one. */
  uuid: string(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  /** `20020131-1121`, and with the model; missing when the run has not begun. */
  tag: optional(string()),
  stamp: optional(string()),
  began: time,
  ended: optional(time),
  /** How the run ended, as in `stagelock log --json`; missing while it goes on. */
  result: optional(string()),
  exitCode: optional(integer(0, 255)),
  /** In a few words: `build failed: 2 errors`. */
  headline: string(),
  /** What a person has to know, as standard error says it. */
  message: array(string()),
  stages: array(STAGE),
  failures: array(FAILURE),
  update: optional(UPDATE),
  /** Of a build that was broken before. */
  brokenSince: optional(BROKEN_SINCE),
  /** Milliseconds in which it waited for locks of others, and for which, the longest first. */
  waitedMs: count,
  waits: array(object({ lock: string(), build: optional(string()), ms: count })),
  locks: array(LOCK),
  /** Of the first stage that failed, else of the last one. */
  log: optional(string()),
  /** What shows more of the run: a command, as a person would type it. */
  toSeeMore: string(),
});
export type BuildEvent = TypeOf<typeof EVENT>;

/** How much of what can be of any length goes into an event. */
export const MOST = { commits: 50, failures: 5, messageLines: 60, locks: 20, waits: 20 } as const;

/** The id of an event: the same for the same, and no two events have the same. */
export function eventId(event: string, build: string, ...about: readonly string[]): string {
  return `${event}.${buildMark(build)}.${digest(JSON.stringify([event, build, ...about])).slice(0, 24)}`;
}

/** By which the names in a spool tell of which build an event is, whatever that is called. */
export function buildMark(build: string): string {
  return digest(build).slice(0, 8);
}

/** The id of a run as a UUID; some services take none but those of version 4. */
export function uuidOf(run: string): string {
  const hex = digest(`run ${run}`);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
