import { dirname, join } from 'node:path';
import { real } from '../../config/work-tree.js';
import { exists, isDirectory } from '../look.js';

/*
 * What of a file tree can be a working copy, by a look at it alone.
 */

/** Where svn keeps what it knows of a working copy, below its top. */
export const DATABASE = join('.svn', 'wc.db');

export const isWorkingCopy = (directory: string): boolean => isDirectory(join(directory, '.svn'));

/** A directory without `.svn` is no external, whatever lies around it; a file may be one. */
export const mayBeOfSvn = (path: string): boolean => (isDirectory(path) ? isWorkingCopy(path) : exists(path));

/** The top of the working copy that a directory is in, without symbolic links; the source may be a directory within one. */
export function topOf(directory: string): string | undefined {
  for (let at = real(directory); ; at = dirname(at)) {
    if (isWorkingCopy(at)) return at;
    if (dirname(at) === at) return undefined;
  }
}
