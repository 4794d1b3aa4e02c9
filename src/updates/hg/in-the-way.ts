import { join } from 'node:path';
import { exists } from '../look.js';
import { listed, withCommands } from '../proof.js';
import type { Checkout, Failed } from '../version-control.js';
import { rootFinder } from '../within.js';
import { asideLine, hgLine, topOf } from './advice.js';
import { type Entry, statusOf } from './looks.js';
import { subrepositoriesOf } from './sub-repositories.js';

export const UNTOUCHED = '(the source tree was not touched)';

/**
 * Local changes of files that the update changes, too, or in a subrepository that it moves: hg would merge them, or leave the
 * subrepository where it is. @returns what to tell a person; undefined when nothing is in the way
 */
export async function inTheWay(
  checkout: Checkout,
  local: readonly Entry[],
  head: string,
  target: string,
): Promise<string | undefined> {
  const [incoming, moved] = await Promise.all([
    statusOf(checkout, '-mard', '--rev', head, '--rev', target),
    movedSubrepositories(checkout, head, target),
  ]);
  if (incoming.kind === 'failed') return incoming.message;
  if (moved.kind === 'failed') return moved.message;
  const changed = new Set(incoming.entries.map(({ path }) => path));
  const above = rootFinder(moved.paths);
  const both = local.filter(({ path }) => changed.has(path) || above(path) !== undefined);
  if (both.length === 0) return undefined;
  // `hg revert` leaves a changed file as FILE.orig, and one that was added as it is; of a subrepository it takes all.
  const named = [...new Set(both.map(({ path }) => `path:${above(path) ?? path}`))];
  const isNameable = both.every(({ path, bytes }) => Buffer.from(path).equals(bytes));
  const patterns = isNameable ? named : ['set:modified() or added() or removed()'];
  const added = both.filter(({ letter }) => letter === 'A').map(({ path }) => asideLine(topOf(checkout), path));
  const files = listed(both.map(({ path }) => path).sort());
  const message = `${checkout.source} has local changes to files that the update changes, too: ${files}\n${UNTOUCHED}\nTo undo your changes and keep your version beside each file:`;
  return withCommands(message, [hgLine(checkout, 'revert', '-r', '.', ...patterns), ...added]);
}

/**
 * What news make plain files of: hg removes what is in such a subrepository and stops half-way at what it keeps of it.
 *
 * @returns what to tell a person; undefined when there is none
 */
export async function replacedSubrepositories(
  checkout: Checkout,
  head: string,
  target: string,
): Promise<string | undefined> {
  const top = topOf(checkout);
  const [old, next] = await Promise.all(
    [head, target].map((revision) => subrepositoriesOf(checkout, top, revision, false)),
  );
  if (old?.kind !== 'subrepositories') return old?.message;
  if (next?.kind !== 'subrepositories') return next?.message;
  const kept = new Set(next.all.map(({ path }) => path));
  const gone = old.all.map(({ path }) => path).filter((path) => !kept.has(path) && exists(join(top, path)));
  if (gone.length === 0) return undefined;
  const files = await statusOf(checkout, '-a', '--rev', head, '--rev', target, ...gone.map((path) => `path:${path}`));
  if (files.kind === 'failed') return files.message;
  const within = rootFinder(gone);
  const made = new Set(files.entries.map(({ path }) => within(path)));
  const replaced = gone.filter((path) => made.has(path));
  if (replaced.length === 0) return undefined;
  const message = `In ${checkout.source}, the update replaces subrepositories with files, which hg cannot do: ${listed(replaced)}\n${UNTOUCHED}\nTo move them out of the way:`;
  return withCommands(message, [
    hgLine(checkout, 'update', '--check', '-r', 'null'),
    ...replaced.map((path) => asideLine(top, path)),
    hgLine(checkout, 'update', '-r', target),
  ]);
}

type Moved = { readonly kind: 'moved'; readonly paths: readonly string[] } | Failed;

async function movedSubrepositories(checkout: Checkout, head: string, target: string): Promise<Moved> {
  const top = topOf(checkout);
  const [old, next] = await Promise.all(
    [head, target].map((revision) => subrepositoriesOf(checkout, top, revision, false)),
  );
  if (old?.kind !== 'subrepositories') return old ?? { kind: 'moved', paths: [] };
  if (next?.kind !== 'subrepositories') return next ?? { kind: 'moved', paths: [] };
  const wanted = new Map(next.all.map(({ path, revision }) => [path, revision]));
  return {
    kind: 'moved',
    paths: old.all.filter(({ path, revision }) => wanted.get(path) !== revision).map(({ path }) => path),
  };
}
