import { realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { asLockError } from './owned-lock.js';

/**
 * Where the target really lies: `..` after a symbolic link leads elsewhere for the system than for the eye, and the
 * compiler asks the system.
 */
export function realDirectoryOf(target: string): string {
  try {
    return realpathSync.native(`${dirname(target)}/.`); // with `/.` also a file in its place is told
  } catch (error) {
    throw asLockError(resolve(target), error);
  }
}
