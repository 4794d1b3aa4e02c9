import { dirname, join } from 'node:path';
import { exists, isDirectory } from '../look.js';
import type { Checkout } from '../version-control.js';
import { runCvs } from './command.js';
import { inSource, type Place, placeOf } from './place.js';
import { directoryOf, isLocal, repositoryBelow } from './repository.js';
import type { Said } from './said.js';
import type { Directory, Tree } from './tree.js';
import { branchOf, dateOption, type Following, lettersOf } from './update-options.js';

/**
 * What CVS does not know and stands where an update would put something. cvs itself notices some of it in the middle
 * of the update only, and passes over a directory without a word.
 *
 * @param asked undefined when the rehearsal failed
 */
export async function inTheWay(
  { source, checkout, tree }: { readonly source: Following; readonly checkout: Checkout; readonly tree: Tree },
  asked: Said | undefined,
  asOf: Date | undefined,
): Promise<Place[]> {
  const root = tree.directories[0]?.place.root ?? '';
  const files = new Set(tree.files.flatMap(({ path, revision }) => (revision === '0' ? [] : [path])));
  const directories = new Map(tree.directories.map((directory) => [directory.path, directory]));
  const isThere = ({ bytes }: Place): boolean => exists(inSource(checkout.source, bytes));
  const found = new Map<string, Place>();
  const add = (places: readonly Place[]): void => places.forEach((place) => void found.set(place.path, place));
  if (asked !== undefined) {
    // Without a server cvs has compared what is there, and takes what is the same for its own.
    const brought = isLocal(root) ? [] : asked.brought;
    add(
      [...brought, ...asked.conflicting]
        .filter((path) => !files.has(path))
        .map(asked.at)
        .filter(isThere),
    );
    const made = lettersOf(source.options).has('d') ? asked.made : [];
    add(
      made
        .filter((path) => !directories.has(path))
        .map((path) => placeOf(Buffer.from(path)))
        .filter(isThere),
    );
  }
  for (const place of tree.unknown) {
    const parent = directories.get(place.path.includes('/') ? dirname(place.path) : '');
    if (parent === undefined || !isLocal(parent.place.root)) continue;
    const module = repositoryBelow(parent.place, place.path.slice(place.path.lastIndexOf('/') + 1));
    const path = join(directoryOf(parent.place.root), module);
    // A directory where the repository has a file ends cvs.
    if (asked === undefined && exists(`${path},v`)) add([place]);
    if (isDirectory(path) && (await hasFiles(source, checkout, parent, module, asOf))) add([place]);
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Whether an update would bring files into a directory of the repository; the removed ones are still there. */
async function hasFiles(
  source: Following,
  checkout: Checkout,
  { place, tag }: Directory,
  module: string,
  asOf: Date | undefined,
): Promise<boolean> {
  const letters = lettersOf(source.options);
  if (!letters.has('d')) return false;
  const bound = letters.get('r') ?? (letters.has('A') ? undefined : branchOf(tag));
  const at = [...(bound === undefined ? [] : ['-r', bound]), ...dateOption(asOf)];
  const listed = await runCvs(checkout, ['-d', place.root, '-Q', 'rls', '-R', '-P', '-e', ...at, '--', module]);
  return listed.kind === 'ok' && /^\//m.test(listed.stdout.toString('latin1'));
}
