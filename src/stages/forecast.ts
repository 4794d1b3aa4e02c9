import { join } from 'node:path';
import type { Build, Primary, Project, Stage, UpdateSource } from '../config/project.js';
import { namesIn } from '../files/directory-entries.js';
import type { Host } from '../host/host.js';
import { spoolOf, type Waiting, waitingIn } from '../submission/spool.js';
import { readBuildId } from '../updates/build-identity.js';
import { versionControlOf } from '../updates/chosen-system.js';
import { readCursor } from '../updates/cursor.js';
import { headAt, journalDirectory, lastHead, recordsAfter } from '../updates/journal.js';
import { hasNews, mergeRecords } from '../updates/merge.js';
import { describeMark, readMark } from '../updates/move-mark.js';
import type { MergedUpdate, RecordHead } from '../updates/record.js';
import { checkoutFor, type Patience, type RemoteHead, remoteHead, wouldMove } from '../updates/remote-head.js';
import type { RevisionResult } from '../updates/version-control.js';
import type { Buildstamp } from './buildstamp.js';
import type { ClaimRefusal } from './claim-refusal.js';
import { expectedMs, readDurations } from './durations.js';
import { freeBuildstamp } from './free-buildstamp.js';
import { type InTheWay, notedInTheWay, workingInTheWay } from './in-the-way.js';
import { RUNNING, secondaryOf, UPDATE } from './names.js';
import { primaryOf } from './primary-of.js';
import { type Circumstances, runEnvironment } from './run.js';
import { lookAtClaim } from './source-claim.js';
import { stageEnvironment } from './stage-environment.js';
import { type FoundStageLock, readStageLock } from './stage-lock.js';
import { locksOf } from './status.js';
import { layoutOf, logFileOf } from './temporary.js';

/**
 * What a run of a build would find and do if it began now. Looking changes nothing: it makes no directory, no lock and no probe of a
 * file system, so on NFS it may see what was there half a minute ago.
 */
export interface Forecast {
  readonly build: Build;
  readonly stamp: Buildstamp;
  /** Why it may not have its source, if it may not. */
  readonly refusal: ClaimRefusal | undefined;
  /** Locks that keep it from beginning. */
  readonly held: readonly FoundStageLock[];
  /** Locks of other builds that it would wait for, or end because of. */
  readonly others: readonly FoundStageLock[];
  /** Locks of stages, left although no run stands above them: it would stop there. */
  readonly left: readonly FoundStageLock[];
  /** Processes of earlier runs. Not looked for while one is in progress. */
  readonly inTheWay: InTheWay | undefined;
  /** Undefined where stagelock does not update the source. */
  readonly source: SourceNow | undefined;
  readonly pending: PendingNow;
  readonly stages: readonly StageForecast[];
  /** Reports that it would deliver besides its own. */
  readonly undelivered: Waiting;
}

/** The source as it is. */
export interface SourceNow {
  readonly update: UpdateSource;
  readonly head: RevisionResult;
  /** The newest update that was recorded. */
  readonly recorded: RecordHead | undefined;
  /** Which update has left it half updated. */
  readonly halfMoved: string | undefined;
  /** Of a primary: what the repository has that it is updated from. */
  readonly remote: RemoteHead | undefined;
  /** Whether the update would move the source; undefined where that cannot be known before. */
  readonly moves: boolean | undefined;
}

/** What the build has not built yet of what is recorded. */
export type PendingNow =
  | {
      readonly kind: 'pending';
      readonly update: MergedUpdate /** Whether its last run has completed. */;
      readonly completed: boolean;
    }
  /** It has no cursor: it starts from the current revision. */
  | {
      readonly kind: 'never-ran' /** A build has been in its directory, perhaps under another name. */;
      readonly hasBuilt: boolean;
    }
  /** It cannot be said; the message says what to do. */
  | { readonly kind: 'lost'; readonly message: string };

/** One stage as it would run. */
export interface StageForecast {
  readonly stage: Stage;
  /** All of it. */
  readonly environment: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** Milliseconds; undefined when it has not passed yet. */
  readonly expectedMs: number | undefined;
}

/** What a forecast takes from outside. */
export interface ForecastContext {
  readonly host: Host;
  readonly now: Date;
  readonly environment: NodeJS.ProcessEnv;
  /** How long the repository may take to answer, in milliseconds. */
  readonly patienceMs: number;
}

/** @throws the system's error where something of the build cannot be read */
export async function forecastOf(project: Project, build: Build, context: ForecastContext): Promise<Forecast> {
  const { host, environment, now } = context;
  const stamp = freeBuildstamp(build, now);
  const circumstances = {
    stamp,
    context: { environment, secretVariables: project.secretVariables, run: 'RANDOM' },
  };
  const layout = layoutOf(build.directory);
  const locks = locksOf(build);
  const held = locks.filter(({ name }) => name === RUNNING || name === UPDATE || secondaryOf(name) !== undefined);
  const durations = readDurations(layout.temporary);
  return {
    build,
    stamp,
    refusal: lookAtClaim(build, { host, configFile: project.file }),
    held,
    others: othersOf(build),
    left: held.length > 0 ? [] : locks.filter(({ name }) => build.stages.some((stage) => stage.name === name)),
    inTheWay: held.length > 0 ? undefined : inTheWayOf(build, host),
    source: await sourceNow(build, circumstances, context),
    pending: pendingNow(build),
    stages: build.stages.map((stage) => ({
      stage,
      environment: stageEnvironment(build, circumstances, stage),
      logFile: logFileOf(layout, stage.name, stamp.tag),
      expectedMs: expectedMs(durations, stage.name),
    })),
    undelivered: build.submission === undefined ? NOTHING_WAITS : waitingIn(spoolOf(build.directory)),
  };
}

const NOTHING_WAITS: Waiting = { count: 0, bytes: 0, oldest: undefined };

/** A primary waits for its secondaries before it updates, a secondary for the update of its primary. */
function othersOf(build: Build): FoundStageLock[] {
  const { temporary } = layoutOf(primaryOf(build).directory);
  const names =
    build.role === 'secondary' ? [UPDATE] : namesIn(temporary).filter((name) => secondaryOf(name) !== undefined);
  if (build.role === 'primary' && build.update === undefined) return [];
  return names.flatMap((name) => readStageLock(join(temporary, name)) ?? []);
}

function inTheWayOf(build: Build, host: Host): InTheWay | undefined {
  const noted = notedInTheWay(build, host);
  // No process of this run is there yet.
  return noted ?? workingInTheWay({ build, context: { run: '', host } }, 'directory');
}

async function sourceNow(
  build: Build,
  circumstances: Circumstances,
  { patienceMs }: ForecastContext,
): Promise<SourceNow | undefined> {
  const primary = primaryOf(build);
  const { update } = primary;
  if (update === undefined) return undefined;
  const journal = journalDirectory(primary.directory);
  const patience = { environment: runEnvironment(primary, circumstances), timeoutMs: patienceMs };
  const system = await versionControlOf(update, journal);
  const checkout = checkoutFor(primary, update, patience);
  const head = await system.currentRevision(checkout);
  const remote = build.role === 'primary' ? await askedRemote(build, update, head, patience) : undefined;
  const moves =
    remote?.kind === 'head' && head.kind === 'revision'
      ? await wouldMove(update, remote.revision, head.revision, checkout)
      : update.versionOnly === true
        ? false
        : undefined;
  return { update, head, recorded: lastHead(journal).record, halfMoved: halfMovedNow(journal), remote, moves };
}

/** Where the source itself does not answer, that is said once. */
async function askedRemote(
  primary: Primary,
  update: UpdateSource,
  head: RevisionResult,
  patience: Patience,
): Promise<RemoteHead> {
  if (head.kind === 'failed') return { kind: 'not-asked', why: 'the checkout does not say what it is at' };
  return remoteHead(primary, update, patience);
}

function halfMovedNow(journal: string): string | undefined {
  const read = readMark(journal);
  if (read.kind === 'none') return undefined;
  return read.kind === 'mark' ? describeMark(read.mark) : `by ${read.file}, which is not the mark of an update`;
}

/** As a run merges it, but without a cursor being made or moved. */
function pendingNow(build: Build): PendingNow {
  const primary = primaryOf(build);
  const journal = journalDirectory(primary.directory);
  const read = readCursor(primary.directory, build.name);
  if (read.kind === 'none') return { kind: 'never-ran', hasBuilt: readBuildId(build.directory) !== undefined };
  if (read.kind === 'unreadable') return { kind: 'lost', message: read.message };
  const { record, completed } = read.cursor;
  const after = recordsAfter(journal, record);
  if (after.kind === 'lost') return { kind: 'lost', message: after.problem.message };
  const passed = headAt(journal, record) ?? { type: primary.update?.type ?? 'git', revision: '', ended: '' };
  return { kind: 'pending', update: mergeRecords(after.records, passed), completed };
}

/** What would come of a run, as far as that can be known before. */
export type Outlook =
  /** It would end before it builds anything. */
  | 'does-not-run'
  /** It would first wait for what other builds hold. */
  | 'waits'
  /** It would end without having built: there is nothing new. */
  | 'no-news'
  | 'builds'
  /** Only the update shows whether there is news. */
  | 'depends';

/** @param force whether it is to build without news, too */
export function outlookOf(forecast: Forecast, force: boolean): Outlook {
  const { build, refusal, held, others, inTheWay, source, pending } = forecast;
  const primary = primaryOf(build);
  const isObstructed = build.role === 'primary' && build.withoutUpdate?.kind === 'obstacle';
  if (refusal !== undefined || held.length > 0 || inTheWay !== undefined || isObstructed) return 'does-not-run';
  if (pending.kind === 'lost' || source?.remote?.kind === 'silent') return 'does-not-run';
  // What is half updated may not say what it is at; a run repairs it first.
  if (source?.head.kind === 'failed' && source.halfMoved === undefined) return 'does-not-run';
  if (others.length > 0) {
    return build.role === 'primary' && build.whenSecondariesBuild.kind === 'abort' ? 'does-not-run' : 'waits';
  }
  if (build.role === 'secondary' && isUnlikeRecorded(source)) return 'waits';
  const isAlwaysBuilt = force || build.model !== 'Continuous' || primary.update === undefined;
  if (isAlwaysBuilt || pending.kind === 'never-ran' || !pending.completed || hasNews(pending.update)) return 'builds';
  if (build.role === 'secondary') return 'no-news';
  if (source?.moves === true || source?.halfMoved !== undefined || isUnlikeRecorded(source)) return 'builds';
  return source?.moves === false ? 'no-news' : 'depends';
}

/** Whether the source is not what the newest update record says: a secondary waits for its primary to record or repair it. */
export function isUnlikeRecorded(source: SourceNow | undefined): boolean {
  if (source === undefined) return false;
  if (source.halfMoved !== undefined) return true;
  if (source.recorded === undefined || source.head.kind === 'failed') return false;
  return source.head.strayed !== undefined || source.head.revision !== source.recorded.revision;
}
