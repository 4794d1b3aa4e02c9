import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { inSource } from './place.js';
import { below, readTree } from './tree.js';

/** What cvs writes when it does something to a directory or to its files. */
const NOTES = ['CVS', 'CVS/Entries', 'CVS/Entries.Log', 'CVS/Tag', 'CVS/Root', 'CVS/Repository'];

/** A digest of when, and by whom, the notes of all directories were written; undefined when that cannot be told. */
export function signOf(source: string): string | undefined {
  try {
    const { directories, passedOver } = readTree(source);
    const hash = createHash('sha1');
    for (const { bytes } of [...directories, ...passedOver]) {
      for (const note of NOTES) {
        const stat = lstatSync(inSource(source, below(bytes, note)), { bigint: true, throwIfNoEntry: false });
        hash.update(stat === undefined ? '-' : `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`).update('\0');
      }
      hash.update(bytes).update('\n');
    }
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}
