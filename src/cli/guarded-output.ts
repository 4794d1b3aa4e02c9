import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { EXIT } from './exit.js';

/**
 * Node restores the terminal as it exits and aborts when that is gone, which would pass for a crash of the run; a descriptor
 * that is another file by then it leaves alone.
 */
export function guardTerminal(): void {
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  if (terminals.length === 0) return;
  process.on('exit', () => {
    for (const descriptor of terminals.filter((each) => !isatty(each))) {
      closeSync(descriptor);
      openSync('/dev/null', 'r+'); // takes its number
    }
  });
}

/** A reader that has seen enough (`| head`), a terminal that was closed. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO']);

/**
 * Keeps a lost standard output from being an exception, which would end a run in the middle of a build and leave its
 * locks and compilers. What `run` prints is only progress, so there it changes nothing; any other command has failed if
 * its answer could not be written, unless its reader has left.
 */
export function guardOutput(command: string): void {
  let reported = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (reported || READER_GONE.has(error.code)) return;
    reported = true;
    process.stderr.write(`stagelock: standard output cannot be written: ${error.message}\n`);
    if (command !== 'run' && command !== 'schedule') process.exitCode = EXIT.internal;
  });
  // When standard error is a file on a full disk, only the exit code is left: a mail of that file would be empty.
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (READER_GONE.has(error.code)) return;
    process.on('exit', () => {
      process.exitCode = EXIT.internal;
    });
  });
}
