import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { isDirectory } from '../look.js';
import { stampOf } from '../stamp.js';
import { inSource } from './place.js';
import { below } from './tree.js';

/** What cvs writes when it does something to a directory or to its files. */
const NOTES = ['CVS', 'CVS/Entries', 'CVS/Entries.Log', 'CVS/Tag', 'CVS/Root', 'CVS/Repository'];

/**
 * A digest of when, and by whom, the notes of all directories were written; undefined when that cannot be told. Nothing is
 * read: a directory with notes counts, whether or not the one above knows of it.
 */
export function signOf(source: string): string | undefined {
  try {
    const hash = createHash('sha1');
    const top = Buffer.alloc(0);
    if (!isDirectory(inSource(source, below(top, 'CVS')))) return undefined;
    const directories: Buffer[] = [top];
    for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
      for (const note of NOTES) hash.update(stampOf(inSource(source, below(directory, note)))).update('\0');
      hash.update(directory).update('\n');
      directories.push(...notedIn(source, directory));
    }
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}

/** The directories in a directory that have notes, in an order of their own. Links are not followed. */
function notedIn(source: string, directory: Buffer): Buffer[] {
  return readdirSync(inSource(source, directory), { withFileTypes: true, encoding: 'buffer' })
    .filter((child) => child.isDirectory() && child.name.toString('latin1') !== 'CVS')
    .map(({ name }) => below(directory, name))
    .filter((child) => isDirectory(inSource(source, below(child, 'CVS'))))
    .sort(Buffer.compare);
}
