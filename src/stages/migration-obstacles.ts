import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Build, Coordination, Project } from '../config/project.js';
import type { Keys } from '../coordination/keys.js';
import type { StandingLock } from '../coordination/line.js';
import { clearStanding, standingLocks } from '../coordination/standing.js';
import type { Etcd } from '../etcd/etcd.js';
import type { Host } from '../host/host.js';
import { fateOf } from '../host/process-fate.js';
import { judgeRun } from './fate.js';
import { foundLocks } from './locks-in-etcd.js';
import { isOfMigration } from './migration-hold.js';
import { secondaryLockName } from './names.js';
import { readRoster } from './roster.js';
import { readStageLock } from './stage-lock.js';
import { type LockStatus, locksOf } from './status.js';
import { layoutOf } from './temporary.js';
import { clearLocks } from './unlock.js';

/** What stands of a project, on this host and in etcd. */
export interface Standing {
  /** Of runs, alive or dead, and whatever else keeps a project from moving. */
  readonly obstacles: readonly LockStatus[];
  /** What a migration has left that has died: it is cleared by the next one. */
  readonly left: {
    readonly files: ReadonlyMap<Build, readonly LockStatus[]>;
    readonly etcd: readonly StandingLock[];
  };
  /** The claims on locks by name, as keys. */
  readonly claims: readonly string[];
}

/** So many claims are named. */
const MOST_CLAIMS = 20;

/**
 * Looks at all locks of a project. Changes nothing.
 *
 * @param own ids of runs whose locks are no obstacle
 * @throws EtcdError, the system's error
 */
export async function standingOf(
  project: Project,
  { host: name }: Coordination,
  {
    etcd,
    keys,
    host,
    own,
  }: { readonly etcd: Etcd; readonly keys: Keys; readonly host: Host; readonly own: ReadonlySet<string> },
): Promise<Standing> {
  const files = new Map<Build, LockStatus[]>();
  const obstacles = new Map<string, LockStatus>();
  for (const build of project.builds.values()) {
    for (const lock of locksIn(build, host)) {
      if (own.has(lock.record?.run ?? '')) continue;
      if (isOfMigration(lock.record) && lock.judgement.fate === 'dead') {
        files.set(build, [...(files.get(build) ?? []), lock]);
      } else obstacles.set(lock.path, lock);
    }
  }
  const standing = await standingLocks(etcd, keys);
  const found = await foundLocks(etcd, keys, standing);
  const left = standing.filter((_, index) => isLeft(found[index], name, host));
  for (const [index, lock] of found.entries()) {
    const each = standing[index];
    if (each === undefined || left.includes(each) || own.has(lock.record?.run ?? '')) continue;
    obstacles.set(lock.path, lock);
  }
  const { entries } = await etcd.list(keys.objects, { limit: MOST_CLAIMS, keysOnly: true });
  const claims = entries.map(({ key }) => key);
  return { obstacles: [...obstacles.values()], left: { files, etcd: left }, claims };
}

/** Those of the build and, of a primary, the marks of secondaries, also of such as only the file of another host names. */
function locksIn(build: Build, host: Host): LockStatus[] {
  const { temporary } = layoutOf(build.directory);
  const marks = build.role === 'primary' && existsSync(temporary) ? readRoster(temporary).secondaries : [];
  return [
    ...locksOf(build),
    ...marks.flatMap((name) => readStageLock(join(temporary, secondaryLockName(name))) ?? []),
  ].map((lock) => ({ ...lock, judgement: judgeRun(lock.record, host) }));
}

/**
 * Whether a migration that has died has left a lock in etcd. One of this host is known to be dead as soon as its process is gone, and not
 * only a lease later. Another machine that calls itself the same has another id of its boot.
 */
function isLeft(lock: LockStatus | undefined, name: string, host: Host): boolean {
  const record = lock?.record;
  if (record === undefined || lock === undefined || !isOfMigration(record)) return false;
  if (lock.judgement.fate === 'dead') return true;
  if (record.host !== name || record.bootId === undefined || record.bootId !== host.bootId) return false;
  return fateOf(record, host) !== 'running';
}

/**
 * Clears what a dead migration has left, in etcd first. Of two that do it at once one finds it changed, or gone.
 *
 * A process that dies meanwhile leaves some of it, for the next one.
 *
 * @param by who, for the note in etcd
 */
export async function clearLeft(
  { left: { files, etcd: locks } }: Standing,
  { etcd, keys, by }: { readonly etcd: Etcd; readonly keys: Keys; readonly by: string },
): Promise<void> {
  if (locks.length > 0) await clearStanding(etcd, keys, { locks, runs: [], by });
  for (const [build, found] of files) await clearLocks(build, found);
}
