import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Build } from '../config/project.js';
import { errorCode } from '../host/error-code.js';
import { errorText } from '../text/error-text.js';
import { layoutOf } from './temporary.js';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** How {@link logFileOf} calls a log. */
const LOG_NAME = /^Last[A-Z][a-z0-9_-]*_[0-9-]+\.log$/;

/** A log that was opened, or why it was not. */
export type OwnLog =
  /** The caller closes it. */
  | { readonly kind: 'open'; readonly fd: number; readonly size: number }
  | { readonly kind: 'absent' }
  /** It is not read, since this user may be allowed to see more than the user who named it. */
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Opens a log of a build for reading.
 *
 * Every member of the group may write into a stage lock and a history, and into the directory of the logs, and root may read what they
 * name. So only a log of the build's own `Testing/Temporary` is read, a regular file without a second name, and no link is followed
 * from the build directory down to it.
 */
export function openOwnLog(build: Build, path: string): OwnLog {
  const { testing, temporary } = layoutOf(build.directory);
  const name = basename(path);
  if (dirname(path) !== temporary || !LOG_NAME.test(name)) {
    return { kind: 'refused', why: `it is not a log in ${temporary}` };
  }
  const opened: number[] = [];
  const open = (at: string, flags: number): number => {
    const fd = openSync(at, O_RDONLY | O_NOFOLLOW | flags);
    opened.push(fd);
    return fd;
  };
  let log: number | undefined;
  try {
    const directory = open(inside(open(testing, O_DIRECTORY), testing, 'Temporary'), O_DIRECTORY);
    // O_NONBLOCK: a FIFO must not hang us.
    const fd = open(inside(directory, temporary, name), O_NONBLOCK);
    const stat = fstatSync(fd);
    if (!stat.isFile()) return { kind: 'refused', why: 'it is not a regular file' };
    if (stat.nlink > 1) return { kind: 'refused', why: 'the file has a second name (a hard link)' };
    log = fd;
    return { kind: 'open', fd, size: stat.size };
  } catch (error) {
    return reasonOf(error);
  } finally {
    for (const fd of opened) if (fd !== log) closeSync(fd);
  }
}

/** A name in an open directory, whatever stands at its path by now; where there is no /proc, by that path. */
function inside(directory: number, path: string, name: string): string {
  return process.platform === 'linux' ? `/proc/self/fd/${directory}/${name}` : `${path}/${name}`;
}

function reasonOf(error: unknown): OwnLog {
  switch (errorCode(error)) {
    case 'ENOENT':
      return { kind: 'absent' };
    case 'ELOOP':
    case 'ENOTDIR':
      return { kind: 'refused', why: 'its path contains a symbolic link' };
    default:
      return { kind: 'refused', why: errorText(error) };
  }
}
