import { closeSync, constants, fstatSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { errorCode } from '../locks/index.js';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** The open log of a stage. */
export interface StageLog {
  readonly path: string;
  readonly fd: number;
  line(text: string): void;
  close(): void;
  /** Closes it and removes the file if it was new: an update that found nothing needs none. */
  discard(): void;
}

/** Something that is no file stands where a log belongs; shared directories are writable by others. */
export class LogError extends Error {
  override readonly name = 'LogError';

  constructor(path: string, what: string) {
    super(`${path}: ${what} stands where the log belongs, and nothing is written through it; remove it`);
  }
}

/**
 * Opens the log of a stage for appending: two runs within one minute have the same stamp and so the same file.
 *
 * @throws LogError when there is something else; the system's error
 */
export function openStageLog(path: string): StageLog {
  const fd = openForAppending(path);
  const stat = fstatSync(fd);
  if (!stat.isFile()) {
    closeSync(fd);
    throw new LogError(path, 'a device or a named pipe');
  }
  return {
    path,
    fd,
    line: (text) => {
      writeSync(fd, `${text}\n`);
    },
    close: () => closeSync(fd),
    discard: () => {
      closeSync(fd);
      if (stat.size === 0) unlinkSync(path);
    },
  };
}

function openForAppending(path: string): number {
  try {
    return openSync(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, 0o664);
  } catch (error) {
    switch (errorCode(error)) {
      case 'ELOOP':
        throw new LogError(path, 'a symbolic link');
      case 'EISDIR':
        throw new LogError(path, 'a directory');
      case 'ENXIO':
        throw new LogError(path, 'a named pipe');
      default:
        throw error;
    }
  }
}

/**
 * The last lines of a log, read from its end so that its size does not matter. Empty when there is none.
 *
 * @param bytes how much of its end is read at most
 */
export function tailOf(path: string, lines: number, bytes = 8192): string[] {
  let fd: number;
  try {
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(fd);
    const buffer = Buffer.alloc(Math.min(bytes, size));
    const length = readSync(fd, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8', 0, length).trimEnd().split('\n').slice(-lines);
  } catch {
    return [];
  } finally {
    closeSync(fd);
  }
}
