import type { Coordination } from '../config/project.js';
import { lookInEtcd } from '../coordination/look.js';
import type { OtherHosts } from './builds-elsewhere.js';
import type { EndOfRun } from './end-of-run.js';
import { allLocks } from './locks-in-etcd.js';
import { latestEnds } from './past-in-etcd.js';
import type { BuildStatus } from './status.js';

/**
 * Looks at what etcd has of all builds. Locks of runs that have locks on this host, too, are not named twice.
 *
 * @param builds as the files of this host show them
 * @param only of this build, if given
 */
export async function otherHosts(
  coordination: Coordination,
  builds: readonly BuildStatus[],
  only?: string,
): Promise<OtherHosts> {
  const seen = await lookInEtcd(coordination, async (etcd, keys) => ({
    kind: 'seen' as const,
    locks: await allLocks(etcd, keys, only),
    ends: await latestEnds(etcd, keys),
  }));
  if (seen.kind === 'away') return { locks: [], ends: [], problem: seen.message };
  const here = new Set(builds.flatMap(({ locks }) => locks.flatMap(({ record }) => record?.run ?? [])));
  const others = seen.locks.filter(({ record }) => record === undefined || !here.has(record.run));
  return {
    // A mark stands in the place of the primary, and is the follower's.
    locks: others.map((lock) => ({ ...lock, build: lock.record?.build ?? lock.build ?? '' })),
    ends: seen.ends.filter(
      (end) => (only === undefined || only === end.build) && isElsewhere(end, coordination, builds),
    ),
  };
}

/** Of a build that ran on another host, and of which this one does not know of the run. */
function isElsewhere({ build, host, past }: EndOfRun, here: Coordination, builds: readonly BuildStatus[]): boolean {
  return host !== here.host && builds.find((each) => each.build === build)?.past?.last?.run !== past.run;
}
