import { type Failure, NOTHING_FOUND } from '../failures/failure.js';
import { type BuildEvent, eventId, MOST, uuidOf } from '../notify/event.js';
import type { MergedUpdate } from '../updates/record.js';
import type { BrokenSince } from './broken-since.js';
import type { Buildstamp } from './buildstamp.js';
import { describeOutcome } from './outcome-text.js';
import type { StageReport } from './run-event.js';
import type { JudgedLock } from './stuck.js';
import type { Wait } from './waits.js';

/** What of a run stays the same in all of its events. */
export interface RunFacts {
  readonly project: string;
  readonly build: string;
  readonly host: string;
  /** Its random id. */
  readonly run: string;
  readonly began: Date;
  /** What shows more of it: a command, as a person would type it. */
  readonly toSeeMore: string;
}

/** What is known of a run at some moment. */
export interface RunSoFar {
  readonly stamp: Buildstamp | undefined;
  readonly update: MergedUpdate | undefined;
  readonly stages: readonly StageReport[];
  readonly waitedMs: number;
  readonly waits: readonly Wait[];
}

/** What an event says besides. */
export interface Happening {
  readonly event: BuildEvent['event'];
  readonly headline: string;
  readonly time: Date;
  /** Of a run that has ended, or whose end is known. */
  readonly end?: { readonly result: string; readonly exitCode: number } | undefined;
  readonly message?: readonly string[];
  readonly locks?: readonly JudgedLock[];
  /** Of a build that was broken before. */
  readonly since?: BuildEvent['brokenSince'];
  /** Where it is not made of the run. */
  readonly id?: string;
}

/** An event of a run, as subscribers get it. */
export function eventOfRun(facts: RunFacts, soFar: RunSoFar, happening: Happening): BuildEvent {
  const { project, build, host, run, began, toSeeMore } = facts;
  const { stamp, update, stages, waits } = soFar;
  const { event, headline, time, end, message = [], locks = [], since, id } = happening;
  const failed = stages.filter(({ outcome }) => outcome.kind !== 'passed');
  const log = (failed[0] ?? stages.at(-1))?.logFile;
  return {
    version: 1,
    event,
    id: id ?? eventId(event, build, project, run),
    time: time.toISOString(),
    project,
    build,
    host,
    run,
    uuid: uuidOf(run),
    ...(stamp !== undefined && { tag: stamp.tag, stamp: stamp.text }),
    began: began.toISOString(),
    ...(end !== undefined && { ended: time.toISOString(), ...end }),
    headline,
    message: message.slice(0, MOST.messageLines),
    stages: stages.map(({ name, outcome, ms, logFile }) => ({
      name,
      outcome: outcome.kind,
      ms: Math.round(ms),
      log: logFile,
    })),
    failures: failed.slice(0, MOST.failures).map(failureOf),
    ...(update !== undefined && { update: updateOf(update) }),
    ...(since !== undefined && { brokenSince: since }),
    waitedMs: Math.round(soFar.waitedMs),
    waits: waits.slice(0, MOST.waits).map(({ lock, build: whose, ms }) => ({
      lock,
      ...(whose !== undefined && { build: whose }),
      ms: Math.round(ms),
    })),
    locks: locks.slice(0, MOST.locks).map(lockOf),
    ...(log !== undefined && { log }),
    toSeeMore,
  };
}

function failureOf(stage: StageReport): Failure {
  return stage.failure ?? { ...NOTHING_FOUND, stage: stage.name, end: describeOutcome(stage), logFile: stage.logFile };
}

function updateOf({ type, prior, revision, changes }: MergedUpdate): NonNullable<BuildEvent['update']> {
  const commits = changes.slice(-MOST.commits).map((change) => ({
    revision: change.revision,
    author: change.author.slice(0, MOST_TEXT),
    email: change.email.slice(0, MOST_TEXT),
    date: change.date,
    subject: (change.log.trimStart().split('\n', 1)[0] ?? '').slice(0, MOST_TEXT),
  }));
  return { system: type, prior, revision, commits, count: changes.length };
}

/** UTF-16 units of what others wrote. */
const MOST_TEXT = 500;

/** What a history says of a build that was broken before its present run. */
export function sinceOf({ first, runs }: BrokenSince): BuildEvent['brokenSince'] {
  return first && { run: first.run, stamp: first.stamp, time: first.ended ?? first.begun, runs };
}

function lockOf({ lock: { path, record }, fate }: JudgedLock): BuildEvent['locks'][number] {
  if (record === undefined) return { path, fate };
  const { build, host, pid, since } = record;
  return { path, build, host, pid, since, fate };
}
