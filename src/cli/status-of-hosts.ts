import type { Coordination } from '../config/project.js';
import type { ProjectStatus } from '../scheduler/project-status.js';
import { describeLock, unlockCommand } from '../stages/messages.js';
import type { LockStatus } from '../stages/status.js';
import { shown } from '../text/shown.js';
import type { StatusView } from './status-text.js';

/** What builds hold in etcd that does not stand in the files of this host. */
export interface OtherHosts {
  readonly locks: readonly (LockStatus & { readonly build: string })[];
  /** Why they cannot be seen. */
  readonly problem?: string;
}

/**
 * Looks at the locks in etcd. Those of runs that have locks on this host, too, are not named twice.
 *
 * @param only of this build, if given
 */
export async function otherHosts(
  coordination: Coordination,
  { builds }: ProjectStatus,
  only: string | undefined,
): Promise<OtherHosts> {
  const { locksInEtcd } = await import('../stages/locks-in-etcd.js');
  const seen = await locksInEtcd(coordination, only);
  if (seen.kind === 'away') return { locks: [], problem: seen.message };
  const here = new Set(builds.flatMap(({ locks }) => locks.flatMap(({ record }) => record?.run ?? [])));
  const others = seen.locks.filter(({ record }) => record === undefined || !here.has(record.run));
  return {
    // A mark stands in the place of the primary, and is the follower's.
    locks: others.map((lock) => ({ ...lock, build: lock.record?.build ?? lock.build ?? '' })),
  };
}

/** The same in lines, by build. */
export function hostLines({ locks, problem }: OtherHosts, { project, host, now }: StatusView): string[] {
  if (problem !== undefined) return [`other hosts: unknown, because etcd could not be asked: ${shown(problem)}`];
  const context = { host, now, configFile: project.file, builds: project.builds };
  return [...new Set(locks.map(({ build }) => build))].sort().flatMap((build) => {
    const own = locks.filter((lock) => lock.build === build);
    const where = own.find(({ record }) => record !== undefined)?.record?.host ?? 'an unknown host';
    const isDead = own.some(({ judgement }) => judgement.fate === 'dead');
    const doing = isDead ? 'left locks behind' : 'running';
    return [
      `${shown(build)} (on ${shown(where, 255)}): ${doing}`,
      ...own.flatMap((lock) => describeLock(lock, context)),
      ...(isDead ? [`  After a look: ${unlockCommand(build, context)}`] : []),
    ];
  });
}
