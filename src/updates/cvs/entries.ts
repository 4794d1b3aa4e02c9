import { createHash } from 'node:crypto';
import { repositoryBelow } from './repository.js';
import { type Directory, type Entry, parentOf, readTree, type Tree } from './tree.js';

/**
 * What CVS has checked out, by path; what stands in for the revision of the tree. Of a file it is the revision and, where
 * its keywords are not written as usual, how: `1.2`, `1.2 -kb`. Of a directory, which has a slash at the end of its path, it
 * is the place in the repository, where that does not follow from its parent's: `@module/other`; of the source itself, `./`,
 * it is the repository, too, since another one may have the same files at the same revisions.
 */
export type Entries = ReadonlyMap<string, string>;

/** @throws the system's error, and when the directory itself is none of CVS */
export function readEntries(source: string): Entries {
  return entriesOf(readTree(source));
}

export function entriesOf({ files, directories }: Tree): Entries {
  const entries = new Map<string, string>();
  // Of a file that was added there is no revision; the minus of one that was removed says nothing of what it was.
  for (const file of files) if (file.revision !== '0') entries.set(file.path, stateOf(file));
  const byPath = new Map(directories.map((directory) => [directory.path, directory]));
  for (const directory of directories) {
    const place = strangePlace(directory, byPath);
    if (place !== undefined) entries.set(`${directory.path || '.'}/`, `@${place}`);
  }
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** How the repository's file was written into a file: at which revision, and with which keywords. */
export function stateOf({ revision, options }: Entry): string {
  const number = revision.replace(/^-/, '');
  return options === '' ? number : `${number} ${options}`;
}

/** The revision number in what {@link Entries} says of a file. */
export const numberOf = (value: string | undefined): string | undefined => value?.replace(/ .*/, '');

/** Whether a directory was checked out from another place than its parent's says. */
export const hasPlaceOfItsOwn = (directory: Directory, byPath: ReadonlyMap<string, Directory>): boolean =>
  strangePlace(directory, byPath) !== undefined;

function strangePlace(
  { path, place }: Directory,
  byPath: ReadonlyMap<string, Pick<Directory, 'place'>>,
): string | undefined {
  if (path === '') return `${place.root} ${place.module}`;
  const parent = byPath.get(parentOf(path))?.place;
  if (parent !== undefined && place.root !== parent.root) return `${place.root} ${place.module}`;
  const usual = parent && repositoryBelow(parent, path.slice(path.lastIndexOf('/') + 1));
  return place.module === usual ? undefined : place.module;
}

/** Two trees with the same files at the same revisions have the same digest: 40 hexadecimal digits. */
export function digestOf(entries: Entries): string {
  const hash = createHash('sha1');
  for (const [path, revision] of entries) hash.update(`${path}\0${revision}\0`);
  return hash.digest('hex');
}

/** Whether a revision is one of CVS, not of a system that the source was of before. */
export const isDigest = (revision: string | undefined): revision is string =>
  revision !== undefined && /^[0-9a-f]{40}$/.test(revision);
