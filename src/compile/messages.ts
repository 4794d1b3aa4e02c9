import { closeSync, constants, fstatSync, openSync, readSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporaryName } from '../files/temporary-name.js';

/** What a command says on standard error, kept until it has ended. */
export interface Messages {
  /** What the command gets as standard error. */
  readonly fd: number;
  /** Ends that, and shows what was kept with one name in the place of another. */
  show(name: string, instead: string): void;
}

/** Undefined where nothing can be kept. */
export function keepMessages(): Messages | undefined {
  const path = join(tmpdir(), `stagelock-messages${temporaryName()}`);
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  let fd: number;
  try {
    fd = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    unlinkSync(path);
  } catch {
    return undefined;
  }
  return {
    fd,
    show(name, instead) {
      const text = keptIn(fd);
      closeSync(fd);
      // Names of files are bytes, and need not be UTF-8.
      const bytes = (word: string): string => Buffer.from(word).toString('latin1');
      if (text !== '')
        process.stderr.write(
          Buffer.from(
            text.replaceAll(bytes(name), () => bytes(instead)),
            'latin1',
          ),
        );
    },
  };
}

/** From the beginning: the descriptor shares its position with the command's. */
function keptIn(fd: number): string {
  const size = fstatSync(fd).size;
  const buffer = Buffer.alloc(size);
  const length = size === 0 ? 0 : readSync(fd, buffer, 0, size, 0);
  return buffer.toString('latin1', 0, length);
}
