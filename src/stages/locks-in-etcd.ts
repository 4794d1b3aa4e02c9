import type { Coordination } from '../config/project.js';
import type { Keys } from '../coordination/keys.js';
import type { StandingLock } from '../coordination/line.js';
import { type Life, livesOf } from '../coordination/lives.js';
import { type AwayFromEtcd, lookInEtcd } from '../coordination/look.js';
import { clearStanding, standingLocks } from '../coordination/standing.js';
import type { Etcd } from '../etcd/etcd.js';
import { type Judgement, RUNNING } from '../locks/index.js';
import { formatDuration } from '../text/duration.js';
import { type FoundStageLock, parseStageLock } from './stage-lock.js';
import type { LockStatus } from './status.js';

/** What became of a run, by its leases. A silent one is dead to all others: it can write nothing in etcd any more. */
function judgementOf(life: Life | undefined): Judgement {
  if (life === undefined) return { fate: 'unknown', why: 'the key holds no record of its owner' };
  if (life.kind === 'alive') return { fate: 'alive', why: RUNNING };
  const since = life.forMs === undefined ? 'more than a week' : formatDuration(life.forMs);
  return { fate: 'dead', why: `it has not renewed its lease in etcd for ${since}` };
}

/** How messages name a key: no file of this host. */
export function pathOf(key: string): string {
  return `etcd:${key}`;
}

/** Locks in etcd, with what became of their runs. A run mostly has several of them, and is asked for once. */
export async function foundLocks(etcd: Etcd, keys: Keys, locks: readonly StandingLock[]): Promise<LockStatus[]> {
  const read = locks.map((lock) => ({ lock, record: parseStageLock(lock.text) }));
  const lives = await livesOf(etcd, keys, [...new Set(read.flatMap(({ record }) => record?.run ?? []))]);
  return read.map(({ lock: { key, build, name }, record }) => {
    const judgement = judgementOf(record && lives.get(record.run));
    return { path: pathOf(key), name, build, record, touchedMs: 0, judgement };
  });
}

/** The locks of the builds of all hosts, as they stand at this moment. */
export type LocksInEtcd = { readonly kind: 'seen'; readonly locks: readonly LockStatus[] } | AwayFromEtcd;

/**
 * Looks at the locks in etcd. Changes nothing.
 *
 * @param only of this build, if given, which may be one of another host
 */
export function locksInEtcd(coordination: Coordination, only?: string): Promise<LocksInEtcd> {
  return lookInEtcd(coordination, async (etcd, keys) => ({ kind: 'seen', locks: await allLocks(etcd, keys, only) }));
}

/** The same by a client that is there. @throws EtcdError */
export async function allLocks(etcd: Etcd, keys: Keys, only?: string): Promise<LockStatus[]> {
  return foundLocks(etcd, keys, await standingLocks(etcd, keys, only));
}

/** What became of locks that were to be cleared. */
export type ClearedInEtcd =
  | { readonly kind: 'cleared' }
  /** One of them belongs to another run by now, so none was removed. */
  | { readonly kind: 'changed' }
  | AwayFromEtcd;

/**
 * Removes the locks of a build that were looked at, if they are still the same.
 *
 * @param by who clears them, from which host
 */
export function clearInEtcd(
  coordination: Coordination,
  build: string,
  locks: readonly FoundStageLock[],
  by: string,
): Promise<ClearedInEtcd> {
  const runs = new Map(locks.map(({ path, record }) => [path, record?.run]));
  return lookInEtcd(coordination, async (etcd, keys): Promise<ClearedInEtcd> => {
    const now = (await standingLocks(etcd, keys, build)).filter(({ key }) => runs.has(pathOf(key)));
    const isSame = now.every((lock) => parseStageLock(lock.text)?.run === runs.get(pathOf(lock.key)));
    if (!isSame || now.length !== locks.length) return { kind: 'changed' };
    const known = [...new Set([...runs.values()].flatMap((run) => run ?? []))];
    const isDone = await clearStanding(etcd, keys, { locks: now, runs: known, by });
    return { kind: isDone ? 'cleared' : 'changed' };
  });
}
