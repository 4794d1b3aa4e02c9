import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from './error-code.js';

/**
 * Makes a directory, and those above it, where they are missing; for the group to write in, as far as the umask allows.
 * Node's own recursive mkdir reports a read-only file system as ENOENT, which sends people looking for the wrong thing.
 *
 * @throws the system's error, for example EROFS, EACCES, ENOSPC, ENOTDIR
 */
export function ensureDirectory(path: string): void {
  try {
    mkdirSync(path, 0o775);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' && dirname(path) !== path) {
      ensureDirectory(dirname(path));
      ensureDirectory(path);
      return;
    }
    // On a read-only file system, mkdir(2) may answer EROFS for a directory that is there.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
