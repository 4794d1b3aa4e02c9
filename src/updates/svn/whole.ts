import { listed } from '../proof.js';
import type { Entry, Status } from './status.js';

/**
 * What keeps a working copy from being a revision, in words for a person; undefined when it is that revision, but for the
 * given local changes. svn exits with 0 over conflicts and skipped paths.
 *
 * @param status with all files (`-v`)
 * @param revision a number
 * @param local the changes that a person had made before; of properties only they are not counted
 */
export function faultOf(status: Status, revision: string, local: readonly string[]): string | undefined {
  const known = new Set(local);
  const own = status.entries.filter(({ external }) => !external);
  const elsewhere = (entry: Entry): boolean => entry.revision !== '' && entry.revision !== revision;
  return (
    interruptionOf(status) ??
    fault('missing files', status.entries, ({ item }) => item === 'missing') ??
    fault(`files at another revision than ${revision}:`, own, elsewhere) ??
    fault(
      'local changes that were not there before the update:',
      own,
      (entry) => isChanged(entry) && !known.has(entry.path),
    )
  );
}

/** What an svn command has not brought to its end, whatever revision it was to bring; undefined when there is nothing. */
export function interruptionOf({ entries }: Status): string | undefined {
  return (
    fault('conflicts in', entries, ({ conflicted }) => conflicted) ??
    fault('locks of svn in', entries, ({ locked }) => locked) ??
    fault('incomplete directories', entries, ({ item }) => item === 'incomplete') ??
    fault('other files in the place of', entries, ({ item }) => item === 'obstructed')
  );
}

/** Whether a person has changed it; what is missing comes back with the next update. */
export function isChanged({ item, external }: Entry): boolean {
  return !external && ['modified', 'added', 'deleted', 'replaced'].includes(item);
}

function fault(what: string, entries: readonly Entry[], isSo: (entry: Entry) => boolean): string | undefined {
  const paths = entries.filter(isSo).map(({ path }) => path);
  return paths.length === 0 ? undefined : `${what} ${listed(paths)}`;
}
