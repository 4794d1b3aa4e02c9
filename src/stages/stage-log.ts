import { closeSync, fstatSync, unlinkSync, writeSync } from 'node:fs';
import { openToAppend } from '../files/append-file.js';

/** The open log of a stage. */
export interface StageLog {
  readonly path: string;
  readonly fd: number;
  /** Where it began in its file, in bytes: what is before that an earlier run has written. */
  readonly start: number;
  line(text: string): void;
  /** Where it ends at this moment, in bytes. */
  size(): number;
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
    size: () => fstatSync(fd).size,
    close: () => closeSync(fd),
    discard: () => {
      closeSync(fd);
      if (size === 0) unlinkSync(path);
    },
  };
}
