import { closeSync, constants, lstatSync, openSync, readlinkSync } from 'node:fs';
import { readPart } from '../files/file-part.js';

/** What stands at a path, compared with what a client writes there. */
export type Remains =
  /** Nothing, or a directory. */
  | 'absent'
  /** The beginning of one of the versions, or all of it: the client may have written it and been killed. */
  | 'ours'
  /** Anything else. */
  | 'other';

const CHUNK = 64 * 1024;

/**
 * Compares a path with versions of the file, which are files themselves. Follows no symbolic links.
 *
 * @throws the system's error when one cannot be read
 */
export function remainsAt(path: string, versions: readonly string[]): Remains {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.isDirectory()) return 'absent';
  const isVersion = (version: string): boolean => {
    const other = lstatSync(version, { throwIfNoEntry: false });
    if (other?.isSymbolicLink() && stat.isSymbolicLink()) return readlinkSync(path) === readlinkSync(version);
    return (
      other?.isFile() === true && stat.isFile() && stat.size <= other.size && isBeginning(path, version, stat.size)
    );
  };
  return versions.some(isVersion) ? 'ours' : 'other';
}

function isBeginning(path: string, version: string, size: number): boolean {
  const files = [path, version].map((name) => openSync(name, constants.O_RDONLY | constants.O_NOFOLLOW));
  try {
    for (let at = 0; at < size; at += CHUNK) {
      const [mine, theirs] = files.map((fd) => chunkAt(fd, at, Math.min(CHUNK, size - at)));
      if (mine === undefined || theirs === undefined || !mine.equals(theirs)) return false;
    }
    return true;
  } finally {
    for (const fd of files) closeSync(fd);
  }
}

/** Undefined when the file is shorter than it was. */
function chunkAt(fd: number, position: number, length: number): Buffer | undefined {
  const chunk = readPart(fd, position, length);
  return chunk.length < length ? undefined : chunk;
}
