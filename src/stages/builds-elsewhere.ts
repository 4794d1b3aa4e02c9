import type { EndOfRun } from './end-of-run.js';
import type { LockStatus } from './status.js';

/** What etcd says of builds that does not stand in the files of this host. */
export interface OtherHosts {
  readonly locks: readonly (LockStatus & { readonly build: string })[];
  /** How the last runs of builds have ended that were on other hosts. */
  readonly ends: readonly EndOfRun[];
  /** Why they cannot be seen. */
  readonly problem?: string;
}

/** A build as other hosts show it. */
export interface BuildElsewhere {
  readonly build: string;
  /** Undefined where no record says it. */
  readonly host: string | undefined;
  readonly doing: 'running' | 'dead' | 'idle';
  readonly locks: OtherHosts['locks'];
  readonly end: EndOfRun | undefined;
}

/** The same by build, in the order of their names. */
export function buildsElsewhere({ locks, ends }: OtherHosts): BuildElsewhere[] {
  return [...new Set([...locks, ...ends].map(({ build }) => build))].sort().map((build) => {
    const own = locks.filter((lock) => lock.build === build);
    const end = ends.find((each) => each.build === build);
    const host = own.find(({ record }) => record !== undefined)?.record?.host ?? end?.host;
    const isDead = own.some(({ judgement }) => judgement.fate === 'dead');
    return { build, host, doing: isDead ? 'dead' : own.length > 0 ? 'running' : 'idle', locks: own, end };
  });
}
