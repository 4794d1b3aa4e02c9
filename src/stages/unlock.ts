import { lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Build } from '../config/project.js';
import { errorCode } from '../host/error-code.js';
import type { Host } from '../host/host.js';
import type { Inspection } from '../locks/index.js';
import { judgeRun } from './fate.js';
import type { Remnant } from './remnant.js';
import { writeNote } from './remnants-note.js';
import { asRemnant, processesOf, runsOf } from './run-processes.js';
import { inSection, sectionFor } from './section.js';
import { type FoundStageLock, readStageLock } from './stage-lock.js';
import { type LockStatus, locksOf } from './status.js';
import { layoutOf } from './temporary.js';

/** Whether the locks of a build may be cleared, and why not. */
export type Clearance =
  | { readonly kind: 'nothing-there' }
  | {
      readonly kind: 'clear' | 'needs-force';
      readonly locks: readonly LockStatus[];
      /** Those whose owner lives, or cannot be judged from here. */
      readonly owned: readonly LockStatus[];
      /** What lives of the runs on this host: the runs themselves, and what they have started. */
      readonly left: readonly Remnant[];
    };

/**
 * Looks at what a run of a build has left behind. Clearing needs no force only if all of it is dead for certain: its
 * owner, and the processes it had started, which may still be writing to the build directory or reading the source.
 * What a stage that has ended was allowed to leave behind does not count.
 */
export function examine(build: Build, host: Host): Clearance {
  const locks = locksOf(build).map((lock) => ({ ...lock, judgement: judgeRun(lock.record, host) }));
  if (locks.length === 0) return { kind: 'nothing-there' };
  const atWork = new Set(locks.map((lock) => lock.name));
  const runs = runsOf(build, locks, host);
  const left = processesOf(runs)
    .filter(({ marks }) => !(marks?.mayLeave && !atWork.has(marks.stage ?? '')))
    .flatMap((process) => asRemnant(process, runs, locks, host) ?? []);
  const owned = locks.filter((lock) => lock.judgement.fate !== 'dead');
  return { kind: owned.length + left.length === 0 ? 'clear' : 'needs-force', locks, owned, left };
}

export type Cleared =
  | { readonly kind: 'cleared'; readonly paths: readonly string[]; readonly changed: readonly string[] }
  | { readonly kind: 'section-busy'; readonly path: string; readonly holder: Inspection };

/** What `--force` leaves alive. */
export interface LeftAlive {
  readonly left: readonly Remnant[];
  /** Needed when something is left. */
  readonly host?: Host;
}

/** Where runs look for what is left of a build: in its own directory, and in the one whose update would disturb it. */
export function temporariesOf(build: Build): string[] {
  return [build, ...(build.role === 'secondary' ? [build.primary] : [])].map(
    ({ directory }) => layoutOf(directory).temporary,
  );
}

/**
 * Removes the locks that were looked at, and only those: within the critical section each is read once more, and one
 * that belongs to another run by now stays. The mark in the primary's directory goes first and `running` last, so that
 * a process that dies here leaves a lock that still keeps the build from running.
 *
 * @param alive the processes that keep running; they are noted before the locks go, so that the next run does not work beside it
 * @throws the system's error
 */
export async function clearLocks(
  build: Build,
  locks: readonly FoundStageLock[],
  { left, host }: LeftAlive = { left: [] },
): Promise<Cleared> {
  const paths: string[] = [];
  const changed: string[] = [];
  const ordered = inClearingOrder(locks);
  for (const temporary of new Set([
    ...ordered.map((lock) => dirname(lock.path)),
    ...(left.length > 0 ? temporariesOf(build) : []),
  ])) {
    const result = await inSection(temporary, sectionFor(build), () => {
      if (host !== undefined && left.length > 0) writeNote(temporary, build.name, left, host);
      for (const lock of ordered.filter(({ path }) => dirname(path) === temporary))
        (removeIfSame(lock) ? paths : changed).push(lock.path);
    });
    if (result.kind === 'section-busy') return result;
  }
  return { kind: 'cleared', paths, changed };
}

function inClearingOrder(locks: readonly FoundStageLock[]): FoundStageLock[] {
  const rank = (lock: FoundStageLock): number =>
    lock.name.startsWith('running.') ? 0 : lock.name === 'running' ? 2 : 1;
  return locks.toSorted((a, b) => rank(a) - rank(b));
}

function removeIfSame(lock: FoundStageLock): boolean {
  const now = readStageLock(lock.path);
  if (now === undefined || now.record?.run !== lock.record?.run) return false;
  try {
    // A person may have made a directory of that name by hand, to keep runs away.
    if (lstatSync(lock.path).isDirectory()) rmdirSync(lock.path);
    else unlinkSync(lock.path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
