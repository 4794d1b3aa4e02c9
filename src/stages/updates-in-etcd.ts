import type { Coordination } from '../config/project.js';
import { LineJournal } from '../coordination/line-journal.js';
import { type AwayFromEtcd, lookInEtcd } from '../coordination/look.js';
import type { UpdatesOverview } from './overview.js';

/** The updates of a primary, as etcd has them. */
export type UpdatesInEtcd = { readonly kind: 'seen'; readonly overview: UpdatesOverview } | AwayFromEtcd;

/**
 * The journal of a primary in etcd, and how much of it each build has built, whatever host they are on. Nothing is locked, so a
 * run may add a record meanwhile.
 *
 * @param count how many records to read
 */
export function updatesInEtcd(coordination: Coordination, primary: string, count: number): Promise<UpdatesInEtcd> {
  return lookInEtcd(coordination, async (etcd, keys): Promise<UpdatesInEtcd> => {
    const journal = new LineJournal(etcd, keys, primary);
    const [records, cursors] = [await journal.newest(count), await journal.cursors()];
    const newest = records.at(-1)?.sequence ?? 0;
    const builds = [...cursors].map(([build, record]) => ({
      build,
      configured: true,
      record,
      pending: Math.max(0, newest - record),
    }));
    const path = `etcd:${keys.records(primary)}`;
    return { kind: 'seen', overview: { primary, journal: path, newest, records, problems: [], builds } };
  });
}
