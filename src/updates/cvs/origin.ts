import { shellWord } from '../../text/shell-word.js';
import type { Checkout, Fault } from '../version-control.js';
import { wordOf } from '../word.js';
import { conditionOf } from './condition.js';
import { disguisedIn } from './disguised.js';
import type { Entries } from './entries.js';
import { type RepositoryPlace, repositoryBelow } from './repository.js';
import { below, type Directory, parentOf, type Tree } from './tree.js';

/** A directory whose notes name another place than at the last record. */
interface Moved {
  readonly directory: Directory;
  readonly before: RepositoryPlace;
}

/**
 * Directories that come from another repository, or another place in it, than those that were recorded last. cvs asks the place that
 * is noted there, and takes a file for the newest whose revision has the same number, whatever is in it. A repository that was
 * moved has what stands in the tree: then the new place is followed. Costs one process for each file, as long as they are the same.
 *
 * @param recorded what was recorded last
 */
export async function comeFromElsewhere(checkout: Checkout, tree: Tree, recorded: Entries): Promise<Fault[]> {
  const moved = movedIn(tree, recorded);
  if (moved.length === 0) return [];
  const files = conditionOf(checkout.source, tree).clean.filter(({ path }) => recorded.has(path));
  const strange: Moved[] = [];
  for (const one of moved) {
    const inside = files.filter(({ path }) => parentOf(path) === one.directory.path);
    if (await isOther(checkout, inside)) strange.push(one);
  }
  if (strange.length === 0) return [];
  const paths = strange.map(({ directory }) => directory.path || '.').sort();
  const what =
    'these directories were checked out from another repository before, and their files are not those of the repository that CVS/Root and CVS/Repository name now (to follow that one, check it out afresh):';
  return [{ what, paths, advice: noteAgain(checkout.source, moved) }];
}

/** Asks for one file after the other, until one is another. */
async function isOther(checkout: Checkout, files: Tree['files']): Promise<boolean> {
  for (const file of files) if ((await disguisedIn(checkout, [file])).length > 0) return true;
  return false;
}

function movedIn({ directories }: Tree, recorded: Entries): Moved[] {
  const known = new Set([...recorded.keys()].map((key) => parentOf(key.replace(/\/$/, ''))));
  return directories.flatMap((directory) => {
    const before = known.has(directory.path) ? placeThen(recorded, directory.path) : undefined;
    const { place } = directory;
    const isSame = before === undefined || (before.root === place.root && before.module === place.module);
    return isSame ? [] : [{ directory, before }];
  });
}

/** Where a directory came from, by what {@link Entries} say of it and of those above. */
function placeThen(recorded: Entries, path: string): RepositoryPlace | undefined {
  const own = recorded.get(`${path || '.'}/`)?.slice(1);
  const [, root, module] = /^((?:\/|\S*:)\S*) (.*)$/.exec(own ?? '') ?? [];
  if (root !== undefined && module !== undefined) return { root, module };
  const parent = path === '' ? undefined : placeThen(recorded, parentOf(path));
  return parent && { root: parent.root, module: own ?? repositoryBelow(parent, path.slice(path.lastIndexOf('/') + 1)) };
}

/** Commands that note what was noted. */
function noteAgain(source: string, moved: readonly Moved[]): string[] {
  const ofOtherRoot = moved.filter(({ directory, before }) => directory.place.root !== before.root);
  const roots = [...new Set(ofOtherRoot.map(({ before }) => before.root))];
  const modules = moved.filter(({ directory, before }) => directory.place.module !== before.module);
  const here = `cd ${shellWord(source)} &&`;
  const files = (some: readonly Moved[], name: string): string =>
    some.map(({ directory }) => wordOf(below(directory.bytes, `CVS/${name}`))).join(' ');
  return [
    ...roots.map((root) => {
      const those = ofOtherRoot.filter(({ before }) => before.root === root);
      return `${here} for file in ${files(those, 'Root')}; do printf '%s\\n' ${shellWord(root)} >"$file"; done`;
    }),
    ...modules.map(
      (one) => `${here} printf '%s\\n' ${shellWord(one.before.module || '.')} >${files([one], 'Repository')}`,
    ),
  ];
}
