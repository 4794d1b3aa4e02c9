import { lstatSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { intervalOf } from '../config/cron-expression.js';
import type { Build } from '../config/project.js';
import type { Host } from '../host/host.js';
import { describeHolder, heldBy, type Judgement } from '../locks/index.js';
import { formatDuration } from '../text/duration.js';
import { shellWord } from '../text/shell-word.js';
import { quotedLines, shown } from '../text/shown.js';
import { sameFailure } from '../warnings/same-state.js';
import type { BrokenSince } from './broken-since.js';
import { explainClaim } from './claim-messages.js';
import { explainFailedStages } from './failure-message.js';
import { judgeLock } from './fate.js';
import type { InTheWay } from './in-the-way.js';
import { RUNNING, secondaryOf, UPDATE } from './names.js';
import type { Pulse } from './pulse.js';
import { explainInTheWay, killCommand } from './remnant-text.js';
import type { Loss } from './run-line.js';
import type { RunResult } from './run-result.js';
import type { FoundStageLock, StageLockRecord } from './stage-lock.js';
import { locksOf } from './status.js';
import { layoutOf } from './temporary.js';

/** What a message needs to know besides what happened. */
export interface MessageContext {
  readonly host: Host;
  readonly now: Date;
  /** Absolute path of the configuration, for the commands that help. */
  readonly configFile: string;
  /** The names of the configuration: a lock can say anything, and only these stand in commands to copy. */
  readonly builds: { has(build: string): boolean };
  /** Of the build, where its history was read: since when it is broken. */
  readonly since?: BrokenSince;
}

/**
 * What a person has to know of how a run ended: which build, what happened, which file, who holds it, what to do. Empty
 * when there is nothing to know; whatever is in it goes to stderr, so that cron mails it.
 */
export function explainResult(build: Build, result: RunResult, context: MessageContext): string[] {
  switch (result.kind) {
    case 'done':
    case 'no-news':
      return [];
    case 'stage-failed':
      return explainFailedStages(build, result, context);
    case 'update-failed':
      return [
        `${build.name}: the update failed and nothing was built. ${quotedLines(result.message)}`,
        ...(result.logFile === undefined ? [] : [`  log: ${shown(result.logFile)}`]),
      ];
    case 'update-broken':
      return [
        `${build.name}: the update was interrupted and may have left ${shown(build.source)} half updated. ${quotedLines(result.message)}`,
        `  log: ${shown(result.logFile)}`,
        `  ${leftBehind(result.left)}, so that no build uses it. After a look: ${unlockCommand(build.name, context)}`,
        '  The next run then repairs the source as far as it can without losing any of your changes, and reports what else is needed.',
      ];
    case 'not-repaired':
      return [
        `${build.name}: not updated and not built, because ${shown(build.source)} may be half updated: ${quotedLines(result.message)}`,
        `  log: ${shown(result.logFile)}`,
        ...(result.living
          ? ['  The next run continues once they have ended. To end them:', `  ${killCommand(build.name, context)}`]
          : []),
      ];
    case 'source-half-moved':
      return [
        `${build.name}: not built, because ${shown(build.source)} may be half updated: ${quotedLines(result.message)}`,
        `  Waited ${formatDuration(result.waitedMs)}. The next run of its primary repairs the source, or says what it needs.`,
      ];
    case 'source-claimed':
      return explainClaim(build, result.refusal);
    case 'held':
      return explainHeld(build, locksInTheWay(build, result.locks), context);
    case 'secondaries-building':
      return [
        `${build.name}: not updated and not built, because secondaries are still building from ${shown(build.source)}.`,
        ...result.locks.flatMap((lock) => describeLock(lock, context)),
        `  ${adviceForSecondaries(build, result.locks, context)}`,
      ];
    case 'wait-timed-out':
      return [
        `${build.name}: not built, because ${names(result.locks)} did not become free within ${formatDuration(result.waitedMs)}.`,
        ...result.locks.flatMap((lock) => [...describeLock(lock, context), ...describePulse(lock.pulse)]),
        `  ${adviceForWaiting(build, result.locks, context)}`,
      ];
    case 'source-unrecorded':
      return [
        `${build.name}: not built, because ${shown(build.source)} has not matched the last recorded update for ${formatDuration(result.waitedMs)}.`,
        `  checked out: ${shown(result.head)}`,
        `  recorded:    ${shown(result.recorded)}`,
        '  An update was killed halfway, or a person checked out another revision by hand. The next run of the primary records its revision.',
      ];
    case 'source-not-proved':
      return [`${build.name}: not built. ${quotedLines(result.message)}`];
    case 'source-moved':
      return [
        `${build.name}: the revision of ${shown(build.source)} changed while it was built, so the result belongs to no revision.`,
        `  at the beginning: ${shown(result.expected)}`,
        `  now:              ${shown(result.found)}`,
        '  Update.xml says so, and the next run builds these updates again. Do your own work in a separate checkout, not in the one that is built.',
        ...explainFailedStages(build, result, context),
      ];
    case 'in-the-way':
      return [
        `${build.name}: not ${build.role === 'primary' ? 'updated and not built' : 'built'}, because ${whatLives(result)}.`,
        ...explainInTheWay(result, context),
      ];
    case 'section-busy':
      return [
        `${build.name}: not run, because ${shown(result.path)} could not be acquired: ${describeHolder(result.holder, context.now.getTime())}.`,
        `  It is normally held for milliseconds only; if its process is certainly gone: rm -rf ${shellWord(result.path)}`,
      ];
    case 'coordination-away':
      return [
        `${build.name}: not run, because what its hosts share could not be reached: ${quotedLines(result.message)}`,
        '  Nothing was begun, and no lock is left. To look at etcd: stagelock doctor --etcd',
      ];
    case 'cut-off':
      return [
        `${build.name}: ended in its middle, because ${whyCutOff(result.loss)}. Nothing was recorded after that.`,
        ...(result.left.length === 0
          ? []
          : [`  ${leftBehind(result.left)}; after a look: ${unlockCommand(build.name, context)}`]),
      ];
    case 'interrupted':
      return result.left.length === 0
        ? []
        : [
            `${build.name}: interrupted. ${leftBehind(result.left)}, as after every interruption; after a look: ${unlockCommand(build.name, context)}`,
          ];
  }
}

function whyCutOff(loss: Loss): string {
  return loss.kind === 'cleared'
    ? 'its locks in etcd were cleared while it ran, so that another run may be at work'
    : `etcd has not answered for ${formatDuration(loss.forMs)}, and its lease would have run out`;
}

function whatLives({ remnants }: InTheWay): string {
  return remnants.length === 0
    ? 'the note of processes that an earlier run may have left running cannot be read'
    : 'processes of an earlier run are still alive, although its locks are gone';
}

/**
 * Advice for a run that waited longer for others than the interval to its next run: it will never catch up.
 * Undefined when it has not, or when it is unknown when the next comes.
 */
export function adviceOnInterval({ name, schedule }: Build, waitedMs: number): string | undefined {
  const intervalMs = intervalOf(schedule);
  if (intervalMs === undefined || waitedMs <= intervalMs) return undefined;
  return `${name}: waited ${formatDuration(waitedMs)} for other builds, which is longer than the ${formatDuration(intervalMs)} between its runs (${schedule}); the interval is too short.`;
}

/**
 * What a person would call the state that a run found, for the code that thins out repetitions: the explanation itself, so that no
 * end of a run can be swallowed by another one. Undefined when the end of a run is news each time.
 *
 * Of a lock that is in the way only that one counts: the stage of a live run changes all the time.
 */
export function stateOf(build: Build, result: RunResult, context: MessageContext): string | undefined {
  switch (result.kind) {
    case 'done':
    case 'no-news':
    case 'stage-failed':
    case 'source-moved':
    case 'interrupted':
      return undefined;
    case 'held':
      return explainHeld(build, result.locks, context).join('\n');
    case 'in-the-way': {
      // A build starts and ends compilers all the time; what is alive is the same as long as it is of the same run.
      const alive = result.remnants.map(
        ({ host, build: whose, run, stage }) => `${host} ${whose} ${run} ${stage ?? ''}`,
      );
      return [result.kind, ...new Set(alive.sort()), ...result.unreadable].join('\n');
    }
    default: {
      const plain = 'message' in result ? { ...result, message: sameFailure(result.message) } : result;
      return explainResult(build, plain, context).join('\n');
    }
  }
}

/** What a run left that ended with an exception; the exception itself was reported before. */
export function explainLocksAfterFailure(build: Build, run: string, context: MessageContext): string[] {
  let left: string[];
  try {
    left = locksOf(build).flatMap((lock) => (lock.record?.run === run ? [lock.path] : []));
  } catch {
    return [`  To see whether locks are left: ${statusCommand(build.name, context)}`];
  }
  if (left.length === 0) return [`  ${build.name} was not built; no lock is left.`];
  return [`  ${leftBehind(left)}; after a look: ${unlockCommand(build.name, context)}`];
}

/** The lines that describe a lock: what and which file, who and since when, whether alive, the log. */
export function describeLock(lock: FoundStageLock, { host, now }: MessageContext): string[] {
  const { record } = lock;
  const judgement = judgeLock(lock, host);
  if (record === undefined) {
    const what = lock.build === undefined ? `; it is ${whatStandsAt(lock.path)}` : '';
    return [`  ${shown(lock.path)}: no record of its owner${what}`];
  }
  const what = record.stage === RUNNING ? `run of ${record.build}` : `stage ${record.stage} of ${record.build}`;
  return [
    `  ${shown(lock.path)}: ${what}, ${describeOwner(record, judgement, now)}`,
    ...(record.logFile === undefined ? [] : [`    log: ${shown(record.logFile)}`]),
  ];
}

/** Who holds a stage lock and for how long, by its record. */
export function describeOwner(record: StageLockRecord, judgement: Judgement, now: Date): string {
  const since = Date.parse(record.since);
  const heldMs = Number.isNaN(since) ? undefined : now.getTime() - since;
  const holder = { pid: record.pid, user: shown(record.user, 64), host: shown(record.host, 255) };
  return heldBy(holder, judgement, heldMs);
}

/** What the time stamp of a lock showed while it was watched. */
export function describePulse(pulse: Pulse): string[] {
  switch (pulse.kind) {
    case 'alive':
      return [`    renewed its lock ${formatDuration(pulse.agoMs)} ago`];
    case 'silent':
      return [`    silent: has not renewed its lock for ${formatDuration(pulse.forMs)}`];
    case 'unknown':
      return [];
  }
}

/** The command that clears the locks of a build after a look. */
export function unlockCommand(build: string, { configFile }: Pick<MessageContext, 'configFile'>): string {
  return `stagelock --config ${shellWord(configFile)} unlock ${shellWord(build)}`;
}

function statusCommand(build: string, { configFile }: MessageContext): string {
  return `stagelock --config ${shellWord(configFile)} status ${shellWord(build)}`;
}

/** All locks of the build, since the one that was in the way does not name the log of what the run was at. */
function locksInTheWay(build: Build, blocking: readonly FoundStageLock[]): readonly FoundStageLock[] {
  const present = locksOf(build);
  return present.length === 0 ? blocking : present;
}

function explainHeld(build: Build, locks: readonly FoundStageLock[], context: MessageContext): string[] {
  const fates = fatesOf(locks, context);
  const why = fates.every((fate) => fate === 'alive')
    ? 'an earlier run is still in progress'
    : fates.includes('dead')
      ? 'an earlier run died and left its locks'
      : 'an earlier run left locks, and this host cannot tell whether it is alive';
  return [
    `${build.name}: not run, because ${why}.`,
    ...locks.flatMap((lock) => describeLock(lock, context)),
    `  ${adviceFor(build, locks, context)}`,
  ];
}

function adviceFor(build: Build, locks: readonly FoundStageLock[], context: MessageContext): string {
  if (fatesOf(locks, context).every((fate) => fate === 'alive')) {
    return `If this happens often, the interval between runs is too short. To see what it is doing: ${statusCommand(build.name, context)}`;
  }
  return adviceToLook(build, locks, context);
}

function adviceForWaiting(build: Build, locks: readonly FoundStageLock[], context: MessageContext): string {
  if (fatesOf(locks, context).some((fate) => fate !== 'alive')) return adviceToLook(build, locks, context);
  const waitsForPrimary = build.role === 'secondary' || locks.every(({ name }) => name === UPDATE);
  const key = waitsForPrimary ? 'update_timeout' : 'secondaries_timeout';
  return `It is still running. If this happens often, increase ${key} of ${build.name} in ${shown(context.configFile)}`;
}

function adviceForSecondaries(build: Build, locks: readonly FoundStageLock[], context: MessageContext): string {
  if (fatesOf(locks, context).some((fate) => fate !== 'alive')) return adviceToLook(build, locks, context);
  return `If this happens often, the interval between runs is too short; or let the primary wait: when_secondaries_build = "wait" in ${shown(context.configFile)}`;
}

/** What to do about the builds whose locks no living process is known to hold. */
function adviceToLook(build: Build, locks: readonly FoundStageLock[], context: MessageContext): string {
  const doubtful = locks.filter((lock) => judgeLock(lock, context.host).fate !== 'alive');
  const commands = [...new Set(doubtful.map((lock) => clearingCommand(lock, build, context)))].join(' and ');
  return `Find out what happened. The locks stay until you clear them: ${commands}`;
}

/** What clears a lock; one whose build the configuration does not have any more can only be removed by hand. */
function clearingCommand(lock: FoundStageLock, build: Build, context: MessageContext): string {
  const name = buildOf(lock, build);
  // Also of a build that only the file of another host names.
  if (lock.build !== undefined) return unlockCommand(name, context);
  return context.builds.has(name) ? unlockCommand(name, context) : `rm ${shellWord(lock.path)}`;
}

/** The build that a lock belongs to, by its place: what it says of itself, others may have written. */
function buildOf({ name, path, build: standsFor }: FoundStageLock, build: Build): string {
  const secondary = secondaryOf(name);
  if (secondary !== undefined) return secondary;
  if (standsFor !== undefined) return standsFor;
  const own = dirname(path) === layoutOf(build.directory).temporary;
  return build.role === 'secondary' && !own ? build.primary.name : build.name;
}

/** What a person would see with `ls`, of something that is no stage lock of ours. */
function whatStandsAt(path: string): string {
  try {
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) return `a symbolic link to ${shown(readlinkSync(path))}`;
    if (stat.isDirectory()) return 'a directory';
    if (!stat.isFile()) return 'a device, a socket or a named pipe';
    return stat.size === 0
      ? 'an empty file'
      : `a file of ${stat.size} bytes that holds no record, or that this user cannot read`;
  } catch {
    return 'gone by now, or not readable';
  }
}

function fatesOf(locks: readonly FoundStageLock[], { host }: MessageContext): string[] {
  return locks.map((lock) => judgeLock(lock, host).fate);
}

function leftBehind(paths: readonly string[]): string {
  return `${paths.length === 1 ? 'Its lock stays' : 'Its locks stay'} (${paths.map((path) => shown(path)).join(', ')})`;
}

function names(locks: readonly FoundStageLock[]): string {
  return locks.map((lock) => shown(lock.path)).join(', ');
}
