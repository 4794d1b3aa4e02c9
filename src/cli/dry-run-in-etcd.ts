import type { Build, Coordination } from '../config/project.js';
import { locksInEtcd } from '../stages/locks-in-etcd.js';
import { describeLock, type MessageContext } from '../stages/messages.js';
import { updatesInEtcd } from '../stages/updates-in-etcd.js';
import { shown } from '../text/shown.js';

/** What a run would find in etcd. Changes nothing there. */
export async function linesOfEtcd(
  coordination: Coordination,
  build: Build,
  context: MessageContext,
): Promise<string[]> {
  if (build.role !== 'primary' || build.update === undefined) return [];
  const seen = await locksInEtcd(coordination, build.name);
  if (seen.kind === 'away') return [`etcd: could not be asked, so the run would not begin: ${shown(seen.message)}`];
  const locks = seen.locks.flatMap((lock) => describeLock(lock, context));
  const lines = locks.length === 0 ? ['etcd: free'] : ['etcd: held, so the run would not begin:', ...locks];
  if (build.follows === undefined) return lines;
  const { primary } = build.follows;
  const updates = await updatesInEtcd(coordination, primary, 1);
  if (updates.kind === 'away') return [...lines, `  the updates of ${primary}: ${shown(updates.message)}`];
  const [newest] = updates.overview.records;
  return [
    ...lines,
    newest === undefined
      ? `  ${primary} has recorded no update yet, so the run would fail`
      : `  the checkout would be brought to update ${newest.sequence} of ${primary}, ${shown(newest.revision)}, whatever is newer on the remote`,
  ];
}
