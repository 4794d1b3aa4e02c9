import { closeSync, constants, fstatSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { openToAppend } from '../locks/index.js';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** The open log of a stage. */
export interface StageLog {
  readonly path: string;
  readonly fd: number;
  /** Where it began in its file, in bytes: what is before that an earlier run has written. */
  readonly start: number;
  line(text: string): void;
  close(): void;
  /** Closes it and removes the file if it was new: an update that found nothing needs none. */
  discard(): void;
}

/**
 * Opens the log of a stage for appending: two runs within one minute have the same stamp and so the same file.
 *
 * @throws InTheWay when there is something else; the system's error
 */
export function openStageLog(path: string): StageLog {
  const fd = openToAppend(path);
  const { size } = fstatSync(fd);
  return {
    path,
    fd,
    start: size,
    line: (text) => {
      writeSync(fd, `${text}\n`);
    },
    close: () => closeSync(fd),
    discard: () => {
      closeSync(fd);
      if (size === 0) unlinkSync(path);
    },
  };
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
