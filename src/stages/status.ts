import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isBuildName } from '../config/names.js';
import type { Build, Project } from '../config/project.js';
import { obstacleOf } from '../files/in-the-way.js';
import { errorCode } from '../host/error-code.js';
import type { Host } from '../host/host.js';
import type { Judgement } from '../locks/index.js';
import { spoolOf, type Waiting, waitingIn } from '../submission/spool.js';
import { journalDirectory } from '../updates/journal.js';
import { type BuildPast, pastOf } from './build-past.js';
import type { ClaimRefusal } from './claim-refusal.js';
import { expectedMs, readDurations } from './durations.js';
import { judgeRun } from './fate.js';
import { isStageLockName, RUNNING, secondaryLockName, secondaryOf, UPDATE } from './names.js';
import { lookAtClaim } from './source-claim.js';
import { halfMovedBy } from './source-state.js';
import { type FoundStageLock, readStageLock } from './stage-lock.js';
import { layoutOf } from './temporary.js';
import { updatesToBuild } from './updates-to-build.js';

/** A lock with what became of its owner. */
export interface LockStatus extends FoundStageLock {
  readonly judgement: Judgement;
}

/** A stage at work. */
export interface StageStatus {
  readonly name: string;
  /** ISO 8601. */
  readonly since: string;
  /** How long it will probably take in all, in milliseconds; missing when it has not passed yet. */
  readonly expectedMs?: number;
}

export interface BuildStatus {
  readonly build: string;
  readonly role: Build['role'];
  /** Those of its own directory and, of a secondary, its mark in the primary's. */
  readonly locks: readonly LockStatus[];
  readonly waitsFor: readonly LockStatus[];
  /** What its run in progress is at, if a living one is at a stage. */
  readonly stage?: StageStatus;
  /** How its newest runs ended. */
  readonly past?: BuildPast;
  /** How many updates of its source it has yet to build. */
  readonly owes?: number;
  /** Reports that the dashboard has not got yet. */
  readonly undelivered: Waiting;
  /** Of a primary: which update has left the source half updated. */
  readonly halfMoved?: string;
  /** Why it may not have its source, if it may not. */
  readonly refusal?: ClaimRefusal;
  /** Why its locks cannot be seen, if they cannot. */
  readonly problem?: string;
  /** With it: something that is not of stagelock stands where files of the build belong. */
  readonly obstructed?: true;
}

/**
 * Every lock of every build of a project, as it is at this moment. Changes nothing.
 *
 * @param only the one build to look at, if given
 */
export function statusOf(project: Project, host: Host, only?: Build): BuildStatus[] {
  const builds = only === undefined ? [...project.builds.values()] : [only];
  return builds.map((build) => statusOfBuild(build, host, project.file));
}

/** The locks of one build. Changes nothing. @param past looks at its history */
export function statusOfBuild(build: Build, host: Host, configFile: string, past = pastOf): BuildStatus {
  const { name, role } = build;
  try {
    const locks = locksOf(build).map((lock) => withFate(lock, host));
    const refusal = lookAtClaim(build, { host, configFile });
    return {
      build: name,
      role,
      locks,
      waitsFor: waitsFor(build, locks).map((lock) => withFate(lock, host)),
      ...stageOf(build, locks),
      past: past(build.directory),
      ...owesOf(build),
      undelivered: waitingIn(spoolOf(build.directory)),
      ...halfMovedOf(build),
      ...(refusal !== undefined && { refusal }),
    };
  } catch (error) {
    // One directory that may not be read, or whose server does not answer, must not hide the other builds.
    if (errorCode(error) === undefined || !(error instanceof Error)) throw error;
    const obstacle = obstacleOf(error);
    return {
      build: name,
      role,
      locks: [],
      waitsFor: [],
      undelivered: { count: 0, bytes: 0, oldest: undefined },
      problem: (obstacle ?? error).message,
      ...(obstacle !== undefined && { obstructed: true as const }),
    };
  }
}

/**
 * The stage locks that belong to a build: in its own directory those of its stages by the names of the configuration and,
 * for stages and builds that were renamed since, whatever is a stage lock; in its primary's directory its mark, also under the
 * name that it had when the run began that has left it.
 */
export function locksOf(build: Build): FoundStageLock[] {
  const { temporary } = layoutOf(build.directory);
  const known = new Set([RUNNING, UPDATE, ...build.stages.map((stage) => stage.name)]);
  const own = namesIn(temporary)
    .filter((name) => !name.startsWith(`${RUNNING}.`) && isStageLockName(name))
    .flatMap((name) => readStageLock(join(temporary, name)) ?? [])
    .filter((lock) => known.has(lock.name) || lock.record !== undefined);
  if (build.role === 'primary') return own;
  const earlier = own.flatMap(({ record }) =>
    record !== undefined && isBuildName(record.build) ? [record.build] : [],
  );
  const beside = layoutOf(build.primary.directory).temporary;
  const marks = [...new Set([build.name, ...earlier])].flatMap(
    (name) => readStageLock(join(beside, secondaryLockName(name))) ?? [],
  );
  const runs = new Set(own.map(({ record }) => record?.run));
  return [
    ...own,
    ...marks.filter(({ name, record }) => name === secondaryLockName(build.name) || runs.has(record?.run)),
  ];
}

/** The stage that a living run is at; the update is known by what it waits for. */
function stageOf(build: Build, locks: readonly LockStatus[]): { readonly stage?: StageStatus } {
  const at = locks.find(
    ({ name, record, judgement }) =>
      record !== undefined && name !== RUNNING && secondaryOf(name) === undefined && judgement.fate !== 'dead',
  );
  if (at?.record === undefined) return {};
  const expected = expectedMs(readDurations(layoutOf(build.directory).temporary), at.name);
  const { since } = at.record;
  return { stage: { name: at.name, since, ...(expected !== undefined && { expectedMs: expected }) } };
}

/** What cannot be read is told by `stagelock updates`, which is about nothing else. */
function owesOf(build: Build): { readonly owes?: number } {
  const owes = updatesToBuild(build);
  return owes === undefined ? {} : { owes };
}

function halfMovedOf(build: Build): Pick<BuildStatus, 'halfMoved'> {
  if (build.role !== 'primary' || build.update === undefined) return {};
  const halfMoved = halfMovedBy(journalDirectory(build.directory));
  return halfMoved === undefined ? {} : { halfMoved };
}

/** Whether a run of a build is in progress, or has left its lock. */
export function isRunning(build: Build): boolean {
  return readStageLock(join(layoutOf(build.directory).temporary, RUNNING)) !== undefined;
}

/**
 * What a living run waits for, which follows from the locks: a primary that holds `update` while secondaries have
 * joined waits for those; a secondary that is in its own update stage and has not joined waits for its primary's
 * `update`.
 */
function waitsFor(build: Build, locks: readonly LockStatus[]): FoundStageLock[] {
  const alive = (name: string): boolean => locks.some((lock) => lock.name === name && lock.judgement.fate !== 'dead');
  if (!alive(RUNNING) || !alive(UPDATE)) return [];
  if (build.role === 'primary') {
    const { temporary } = layoutOf(build.directory);
    return namesIn(temporary)
      .filter((name) => name.startsWith(`${RUNNING}.`) && isStageLockName(name))
      .flatMap((name) => readStageLock(join(temporary, name)) ?? []);
  }
  if (locks.some((lock) => lock.name === secondaryLockName(build.name))) return [];
  const update = readStageLock(join(layoutOf(build.primary.directory).temporary, UPDATE));
  return update === undefined ? [] : [update];
}

function withFate(lock: FoundStageLock, host: Host): LockStatus {
  return { ...lock, judgement: judgeRun(lock.record, host) };
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
