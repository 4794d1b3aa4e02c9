import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode } from '../host/error-code.js';
import { syscalls } from '../host/syscalls.js';
import { removeIfThere } from './directory-entries.js';
import { readPart } from './file-part.js';
import { InTheWay, kindOf, obstacleOf } from './in-the-way.js';
import { temporaryName } from './temporary-name.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** What link(2) answers where a file system has no hard links: exFAT, some FUSE and SMB servers, Android's sdcardfs. */
const NO_HARD_LINKS = new Set(['EPERM', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EMLINK', 'EINVAL', 'EACCES', 'EXDEV']);

/**
 * Creates a file that appears with its whole content or not at all, and only if nothing has that name, not even a
 * dangling symbolic link.
 *
 * Three ways, the first that the file system knows: link(2) of a finished temporary; renameat2(2) with
 * RENAME_NOREPLACE; and last an empty file made with O_EXCL, over which the temporary is renamed. The last one shows an
 * empty file for an instant; a reader takes that for a lock whose owner is not known yet.
 *
 * A process that dies here leaves at most a `.PID.RANDOM.tmp` beside the file.
 *
 * @param mode permission bits before the umask
 * @returns `exists` when the name was taken; the file there is untouched
 * @throws the system's error, for example ENOSPC or EROFS; no half file is left
 */
export function createExclusively(path: string, content: string, mode = 0o664): 'created' | 'exists' {
  const temporary = writeTemporary(path, content, mode);
  try {
    const linked = tryLink(temporary, path);
    if (linked !== 'unsupported') return linked;
    const renamed = syscalls()?.renameExclusively(temporary, path) ?? 'unsupported';
    if (renamed !== 'unsupported') return renamed === 'renamed' ? 'created' : 'exists';
    return renameOverPlaceholder(temporary, path, mode);
  } finally {
    removeIfThere(temporary);
  }
}

/**
 * Replaces a file, or creates it, so that a reader sees the old content or the new one, whole.
 * As far as rename(2) is one step there: on exFAT through FUSE a reader may find no file for an instant.
 *
 * @throws the system's error, for example ENOSPC or EROFS; the old content then stays
 */
export function replaceAtomically(path: string, content: string, mode = 0o664): void {
  const temporary = writeTemporary(path, content, mode);
  try {
    renameSync(temporary, path);
  } catch (error) {
    removeIfThere(temporary);
    throw error;
  }
}

/**
 * {@link replaceAtomically} for content that is too much to be held at once.
 *
 * @param write writes all of it to a descriptor
 * @throws what `write` throws, and the system's error; the old content then stays
 */
export async function replaceInPieces(path: string, write: (fd: number) => Promise<void>, mode = 0o664): Promise<void> {
  const temporary = join(dirname(path), temporaryName());
  const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  try {
    try {
      await write(fd);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    removeIfThere(temporary);
    throw named(error, path);
  }
}

/**
 * The text of a regular file, or undefined when there is none of that name. Symbolic links are not followed, since shared
 * directories are writable by others.
 *
 * @param limit the most bytes that are read
 * @throws InTheWay when it is no regular file, or a longer one; the system's error
 */
export function readRegularFile(path: string, limit = 16 * 1024 * 1024): string | undefined {
  return withRegularFile(path, limit, (fd, size) => readPart(fd, 0, size).toString('utf8'));
}

/**
 * The same for the two ends of a file, so that it costs the same whatever its length.
 *
 * @param head how many bytes of its beginning; all of a file that is not longer
 * @param tail how many of its end
 * @throws InTheWay when it is no regular file, or one that is longer than `limit`; the system's error
 */
export function readEnds(
  path: string,
  head: number,
  tail: number,
  limit: number,
): { readonly head: string; readonly tail: string; readonly isWhole: boolean } | undefined {
  return withRegularFile(path, limit, (fd, size) => ({
    head: readPart(fd, 0, Math.min(head, size)).toString('utf8'),
    tail: readPart(fd, Math.max(0, size - tail), Math.min(tail, size)).toString('utf8'),
    isWhole: size <= head,
  }));
}

function withRegularFile<T>(path: string, limit: number, act: (fd: number, size: number) => T): T | undefined {
  let fd: number;
  try {
    // O_NONBLOCK: a FIFO put in place of the file must not hang us.
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw obstacleOf(error) ?? error;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new InTheWay(path, kindOf(stat));
    if (stat.size > limit)
      throw new InTheWay(path, `a file of ${stat.size} bytes, where at most ${limit} are expected,`);
    return act(fd, stat.size);
  } finally {
    closeSync(fd);
  }
}

function writeTemporary(path: string, content: string, mode: number): string {
  const temporary = join(dirname(path), temporaryName());
  const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  try {
    const bytes = Buffer.from(content);
    for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
    // NFS and delayed allocation report a full disk only here; after a power cut the name must not precede the content.
    fsyncSync(fd);
  } catch (error) {
    closeSync(fd);
    removeIfThere(temporary);
    throw named(error, path);
  }
  closeSync(fd);
  return temporary;
}

/** write(2) and fsync(2) know no name. */
function named(error: unknown, path: string): unknown {
  if (error instanceof Error && !error.message.includes(path)) error.message += ` '${path}'`;
  return error;
}

function tryLink(temporary: string, path: string): 'created' | 'exists' | 'unsupported' {
  try {
    linkSync(temporary, path);
    return 'created';
  } catch (error) {
    // A retransmitted NFS request may report EEXIST for the link that its first copy made: the link count tells.
    if (lstatSync(temporary).nlink === 2) return 'created';
    const code = errorCode(error) ?? '';
    if (code === 'EEXIST') return 'exists';
    if (NO_HARD_LINKS.has(code)) return 'unsupported';
    throw error;
  }
}

function renameOverPlaceholder(temporary: string, path: string, mode: number): 'created' | 'exists' {
  try {
    closeSync(openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return 'exists';
    throw error;
  }
  try {
    renameSync(temporary, path);
    return 'created';
  } catch (error) {
    removeIfThere(path);
    throw error;
  }
}
