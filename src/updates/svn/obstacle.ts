import { dirname, join } from 'node:path';
import { exists, isDirectory } from '../look.js';
import { listed, withCommands } from '../proof.js';
import type { Checkout } from '../version-control.js';
import { rootFinder } from '../within.js';
import { moveAway, setAside, setPropertiesAside } from './advice.js';
import { type Incoming, incomingTo } from './incoming.js';
import { type Entry, isChanged, type Status } from './status.js';
import type { Tree } from './tree.js';

/**
 * What of a person's lies where an update to a revision would write, in words for them; undefined when nothing does.
 * svn would leave conflicts there and exit with 0.
 *
 * @param status with all files (`-v`), without locks
 */
export async function obstacleTo(
  checkout: Checkout,
  tree: Tree,
  status: Status,
  target: string,
): Promise<string | undefined> {
  const { source } = checkout;
  const incoming = await incomingTo(checkout, tree, status, target);
  if (!Array.isArray(incoming)) return incoming.message;
  const both = changedByBoth(status.entries.filter(isChanged), incoming);
  if (both.length > 0) return localChanges(source, 'local changes to files that the update changes, too', both);
  const versioned = new Set(status.entries.filter(({ revision }) => revision !== '').map(({ path }) => path));
  const unknown = incoming
    .filter(({ item, path }) => item === 'added' && !versioned.has(path) && exists(join(source, path)))
    .map(({ path }) => path)
    .sort();
  if (unknown.length === 0) return undefined;
  const what = `${source} has unversioned files where the update adds files: ${listed(unknown)}`;
  return withCommands(`${what}; move them away:`, moveAway(source, unknown));
}

/** In words, with the commands that keep and undo them. */
export function localChanges(source: string, what: string, entries: readonly Entry[]): string {
  const ofDirectories = entries.filter(({ item, path }) => item === 'normal' && isDirectory(join(source, path)));
  const ofFiles = entries.filter((entry) => !ofDirectories.includes(entry));
  return withCommands(`${source} has ${what}: ${listed(names(entries))}; commit them, or keep a copy and undo them:`, [
    ...(ofDirectories.length === 0 ? [] : setPropertiesAside(source, names(ofDirectories))),
    ...(ofFiles.length === 0 ? [] : setAside(source, names(ofFiles))),
  ]);
}

/** Local changes where an update would write, remove a directory around them, or find its own directory removed. */
export function changedByBoth(local: readonly Entry[], incoming: readonly Incoming[]): Entry[] {
  const gone = new Set(['deleted', 'replaced']);
  const written = new Map(incoming.map((change) => [change.path, change]));
  const removed = rootFinder(incoming.filter(({ item }) => gone.has(item)).map(({ path }) => path));
  const removedHere = rootFinder(local.filter(({ item }) => gone.has(item)).map(({ path }) => path));
  const emptied = new Set([...written.keys()].map(removedHere));
  const both = local.filter(
    ({ path, item }) => isWritten(item, written.get(path)) || removed(path) !== undefined || emptied.has(path),
  );
  return withDirectories(local, both);
}

const SCHEDULED = new Set(['added', 'deleted', 'replaced']);

/** svn reverts nothing in a directory that was added or deleted without the directory itself. */
function withDirectories(local: readonly Entry[], chosen: readonly Entry[]): Entry[] {
  const within = rootFinder(local.filter(({ item }) => SCHEDULED.has(item)).map(({ path }) => path));
  const directories = new Set<string>();
  for (const { path } of chosen) {
    for (let at = within(dirname(path)); at !== undefined; at = within(dirname(at))) directories.add(at);
  }
  return local.filter((entry) => chosen.includes(entry) || directories.has(entry.path));
}

/** Properties do not mind what is written into a file or a directory. */
function isWritten(item: string, incoming: Incoming | undefined): boolean {
  if (incoming === undefined) return false;
  return item !== 'normal' || incoming.props !== 'none' || incoming.item !== 'modified';
}

const names = (entries: readonly Entry[]): string[] => [...new Set(entries.map(({ path }) => path))].sort();
