import { lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Build } from '../config/project.js';
import { errorCode, type Host, type Inspection } from '../locks/index.js';
import { type Survivor, survivorsOf } from '../processes/survivors.js';
import { shown } from '../text/shown.js';
import { judgeRun } from './fate.js';
import { inSection } from './section.js';
import { type FoundStageLock, readStageLock } from './stage-lock.js';
import { type LockStatus, locksOf } from './status.js';

/** Whether the locks of a build may be cleared, and why not. */
export type Clearance =
  | { readonly kind: 'nothing-there' }
  | {
      readonly kind: 'clear' | 'needs-force';
      readonly locks: readonly LockStatus[];
      /** Why force is needed: a living owner, one that nobody here can judge, processes that outlived it. */
      readonly reasons: readonly string[];
    };

/**
 * Looks at what a run of a build has left behind. Clearing needs no force only if all of it is dead for certain: its
 * owner, and the processes it had started, which may still be writing to the build directory or reading the source.
 */
export function examine(build: Build, host: Host, findSurvivors: (run: string) => Survivor[] = survivorsOf): Clearance {
  const locks = locksOf(build).map((lock) => ({ ...lock, judgement: judgeRun(lock.record, host) }));
  if (locks.length === 0) return { kind: 'nothing-there' };
  const runs = new Set(locks.flatMap((lock) => (lock.record?.host === host.name ? [lock.record.run] : [])));
  const survivors = [...runs].flatMap(findSurvivors).filter((survivor) => survivor.pid !== host.pid);
  const owners = locks.filter((lock) => lock.judgement.fate !== 'dead');
  const reasons = [
    ...owners.map((lock) => `${shown(lock.path)}: ${lock.judgement.fate}: ${lock.judgement.why}`),
    ...survivors
      .filter((survivor) => !owners.some((lock) => lock.record?.pid === survivor.pid))
      .map((survivor) => `process ${survivor.pid}, which it started, still runs: ${shown(survivor.command, 120)}`),
  ];
  return { kind: reasons.length === 0 ? 'clear' : 'needs-force', locks, reasons };
}

export type Cleared =
  | { readonly kind: 'cleared'; readonly paths: readonly string[]; readonly changed: readonly string[] }
  | { readonly kind: 'section-busy'; readonly path: string; readonly holder: Inspection };

/**
 * Removes the locks that were looked at, and only those: within the critical section each is read once more, and one
 * that belongs to another run by now stays. The mark in the primary's directory goes first and `running` last, so that
 * whoever dies in here leaves something that still keeps the build from running.
 *
 * @throws the system's error
 */
export async function clearLocks(build: Build, locks: readonly FoundStageLock[]): Promise<Cleared> {
  const paths: string[] = [];
  const changed: string[] = [];
  const ordered = inClearingOrder(locks);
  for (const temporary of new Set(ordered.map((lock) => dirname(lock.path)))) {
    const section = { strategy: build.strategy, timeoutMs: build.sectionTimeoutMs };
    const result = await inSection(temporary, section, () => {
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
    // Somebody may have made a directory of that name by hand, to keep runs away.
    if (lstatSync(lock.path).isDirectory()) rmdirSync(lock.path);
    else unlinkSync(lock.path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
