import { dirname } from 'node:path';
import { ensureDirectory } from '../files/ensure-directory.js';
import { errorCode } from '../host/error-code.js';
import { hasDirectory } from './place.js';

/**
 * Makes the directory of a target where it is missing, as compiletools does. Where something else is in its way, the lock that
 * cannot be made there tells.
 *
 * @throws the system's error, for example EACCES
 */
export function makeParent(target: string): void {
  if (hasDirectory(target)) return;
  try {
    ensureDirectory(dirname(target), 0o777);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST' && errorCode(error) !== 'ENOTDIR') throw error;
  }
}
