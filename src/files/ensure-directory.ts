import { closeSync, constants, fchmodSync, fstatSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../host/error-code.js';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
/** Set-group-ID and group write: how a team shares a directory; and all that it then grants to the group. */
const SHARED = 0o2020;
const GRANTED = 0o2070;

/**
 * Makes a directory, and those above it, where they are missing. What is made below a directory that a group shares
 * (SGID and group write) is shared likewise, whatever the umask, which under cron mostly forbids it.
 * Node's own recursive mkdir reports a read-only file system as ENOENT, which sends people looking for the wrong thing.
 *
 * @param mode of each, which the umask takes from
 * @throws the system's error, for example EROFS, EACCES, ENOSPC, ENOTDIR
 */
export function ensureDirectory(path: string, mode = 0o775): void {
  try {
    mkdirSync(path, mode);
    shareLikeParent(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' && dirname(path) !== path) {
      ensureDirectory(dirname(path), mode);
      ensureDirectory(path, mode);
      return;
    }
    // On a read-only file system, mkdir(2) may answer EROFS for a directory that is there.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

/** By way of a descriptor that follows no link, since others of the group may put one in the new directory's place. */
function shareLikeParent(path: string): void {
  const { mode } = statSync(dirname(path));
  if ((mode & SHARED) !== SHARED) return;
  const fd = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    fchmodSync(fd, (fstatSync(fd).mode & 0o7777) | (mode & GRANTED));
  } finally {
    closeSync(fd);
  }
}
