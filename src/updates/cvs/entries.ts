import { createHash } from 'node:crypto';
import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, readRegularFile } from '../../locks/index.js';

/** The revision of each file that CVS has checked out, by its path; what stands in for the revision of the tree. */
export type Entries = ReadonlyMap<string, string>;

/** No directory of sources is this deep; a loop of mounts is. */
const DEEPEST = 100;

/**
 * Reads `CVS/Entries` of a tree and of all directories below it that CVS knows. Symbolic links are not followed.
 *
 * @throws the system's error, and when the directory itself is none of CVS
 */
export function readEntries(source: string): Entries {
  const entries = new Map<string, string>();
  if (readRegularFile(join(source, 'CVS', 'Entries')) === undefined) {
    throw new Error(`${source} is no checkout of CVS: there is no CVS/Entries`);
  }
  addDirectory(source, '', entries, 0);
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function addDirectory(source: string, prefix: string, entries: Map<string, string>, depth: number): void {
  const directory = join(source, prefix);
  const text = readRegularFile(join(directory, 'CVS', 'Entries'));
  if (text === undefined || depth > DEEPEST) return;
  // What cvs did since it wrote the list: `A ` and `R ` before a line of it. A killed one leaves that.
  const log = readRegularFile(join(directory, 'CVS', 'Entries.Log')) ?? '';
  for (const line of [...text.split('\n'), ...log.split('\n')]) {
    const gone = /^R \/([^/]+)\//.exec(line)?.[1];
    if (gone !== undefined) entries.delete(prefix + gone);
    // `/name/revision/time stamp/options/tag`; a minus before the revision: removed and not committed; `0`: added.
    const match = /^(?:A )?\/([^/]+)\/-?([0-9.]+)\//.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined && match[2] !== '0')
      entries.set(prefix + match[1], match[2]);
  }
  for (const child of children(directory)) {
    if (child.isDirectory() && child.name !== 'CVS')
      addDirectory(source, `${prefix}${child.name}/`, entries, depth + 1);
  }
}

function children(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (errorCode(error) === 'EACCES' || errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Two trees with the same files at the same revisions have the same digest: 40 hexadecimal digits. */
export function digestOf(entries: Entries): string {
  const hash = createHash('sha1');
  for (const [path, revision] of entries) hash.update(`${path}\0${revision}\0`);
  return hash.digest('hex');
}
