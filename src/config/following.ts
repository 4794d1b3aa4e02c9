import { isBuildName } from './names.js';
import type { Finding } from './problem.js';
import type { BuildTable } from './schema.js';

/** What is known of a follower and of the primary that it names. */
export interface FollowingTables {
  readonly name: string;
  readonly table: BuildTable;
  /** Its own, or that of `[defaults]`. */
  readonly update: BuildTable['update'];
  /** That of the primary, which may be in no file of this host. */
  readonly primary: BuildTable | undefined;
}

/** What is wrong with the key `follows` of a build. A follower finds its primary in etcd, by its name. */
export function faultOfFollowing({ name, table, update, primary }: FollowingTables): Finding | undefined {
  const { follows } = table;
  if (follows === undefined) return undefined;
  const fault = (message: string, ...key: string[]): Finding => ({
    path: ['builds', name, ...(key.length === 0 ? ['follows'] : key)],
    message,
  });
  if (table.primary !== undefined) {
    return fault(`the build shares the source of ${table.primary}; it cannot follow another primary besides`);
  }
  if (!isBuildName(follows)) return fault(`${JSON.stringify(follows)} is not the name of a build`);
  if (follows === name) return fault('the build names itself; a primary follows none');
  if (primary !== undefined && (primary.primary !== undefined || primary.follows !== undefined)) {
    return fault(`"${follows}" has no updates of its own; name the primary whose updates it builds`);
  }
  if (update === undefined) {
    return fault('a follower needs `update`, which says how its checkout gets what the primary has recorded');
  }
  const moved = 'the checkout of a follower is moved to a recorded revision, which this cannot do';
  if (update.command !== undefined) return fault(moved, 'update', 'command');
  if (update.version_only === true) return fault(moved, 'update', 'version_only');
  if (update.type !== 'cvs') return undefined;
  return fault('CVS has no revisions that another host could check out: use git, Subversion or Mercurial');
}
