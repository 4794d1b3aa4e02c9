import type { Etcd } from '../etcd/etcd.js';
import type { Compare, Operation } from '../etcd/transaction.js';
import type { Keys } from './keys.js';
import { type StandingLock, standing } from './line.js';

/** So many locks are read at most: a build has two or three. */
const MOST = 10_000;
/** How long it stays known that a person has cleared the locks of a run whose host has not come back yet, in seconds. */
const CLEARED_S = 90 * 86_400;

/** The locks of one build, or of all, in the order of their keys; those of a build also where its marks stand in another one's place. */
export async function standingLocks(etcd: Etcd, keys: Keys, build?: string): Promise<StandingLock[]> {
  const { entries } = await etcd.list(keys.locks, { limit: MOST });
  const locks = entries.flatMap((entry) => standing(keys, entry) ?? []);
  return build === undefined ? locks : locks.filter((lock) => isOf(lock, build));
}

/** Whether a lock is a build's own, or its mark in the place of its primary. */
function isOf(lock: StandingLock, build: string): boolean {
  const mark = lock.name === `running.${build}`;
  return mark || (lock.build === build && !lock.name.startsWith('running.'));
}

/**
 * Removes locks that a person has looked at, all or none: where one of them belongs to another run by now, none is. In the same
 * transaction it is noted for the host of each run that its locks were cleared, so that those in the files of that host go, too.
 *
 * A process that dies before it has removed nothing, after it all.
 *
 * @param by who, for the note
 * @returns false when one of them is not as it was looked at
 */
export async function clearStanding(
  etcd: Etcd,
  keys: Keys,
  {
    locks,
    runs,
    by,
  }: { readonly locks: readonly StandingLock[]; readonly runs: readonly string[]; readonly by: string },
): Promise<boolean> {
  const lease = await etcd.grant(CLEARED_S);
  const compare = locks.map(({ key, createRevision }): Compare => ({ key, what: 'create', equals: createRevision }));
  const removals = locks.map(({ key }): Operation => ({ remove: key }));
  const notes = runs.map((run): Operation => ({ put: keys.cleared(run), value: by, lease }));
  const { succeeded } = await etcd.transact({ compare, then: [...removals, ...notes] });
  if (!succeeded) await etcd.revoke(lease);
  return succeeded;
}
