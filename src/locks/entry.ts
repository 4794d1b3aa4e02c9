import { lstatSync, type Stats } from 'node:fs';
import { errorCode } from '../host/error-code.js';

/**
 * What has a name in a directory, or undefined when nothing does. A symbolic link is not followed.
 *
 * On NFS also when the server answers ESTALE: what had this name in our client's cache is gone, and what has it now, if
 * anything, came within the same moment. The kernel asks again once by itself, which is too few where a lock changes
 * hands all the time.
 */
export function entryAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (errorCode(error) === 'ESTALE') return undefined;
    throw error;
  }
}
