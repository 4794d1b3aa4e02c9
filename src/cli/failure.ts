import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode, LockError } from '../locks/index.js';
import { LogError } from '../stages/stage-log.js';
import { shown, shownLines } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';

/** Tells a person on stderr what ended the program. Returns the exit code. */
export function reportFailure(error: unknown): number {
  if (error instanceof Refusal) {
    process.stderr.write(`stagelock: ${shownLines(error.message)}\n`);
    return error.exitCode;
  }
  process.stderr.write(`stagelock: ${shownLines(describeFailure(error))}\n`);
  return EXIT.internal;
}

/** Tells a person on stderr, also what a run has told him in these words. */
export function complain(text: string): void {
  const plain = shownLines(text);
  process.stderr.write(plain.startsWith('stagelock: ') ? `${plain}\n` : `stagelock: ${plain}\n`);
}

/** A system error in one line, since its stack says nothing to a user; anything else with its stack: it is a bug. */
export function describeFailure(error: unknown): string {
  if (error instanceof LockError || error instanceof LogError) return shown(error.message);
  if (!(error instanceof Error)) return `internal error: ${String(error)}`;
  switch (errorCode(error)) {
    case undefined:
      return `internal error, please report it: ${error.stack ?? error.message}`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `the disk is full: ${shown(error.message)}`;
    case 'EROFS':
      return `the file system is read-only: ${shown(error.message)}`;
    case 'EACCES':
    case 'EPERM':
      return `no permission: ${shown(error.message)}${'path' in error && typeof error.path === 'string' ? whoMay(error.path) : ''}`;
    default:
      return shown(error.message);
  }
}

/** Who may write where somebody was not allowed to; the usual reason is a directory made with the umask of another. */
function whoMay(path: string): string {
  const directory = dirname(path);
  try {
    const { uid, gid, mode } = statSync(directory);
    const octal = (mode & 0o7777).toString(8);
    return `; ${shown(directory)} belongs to user ${uid} and group ${gid}, mode ${octal}. A group that shares it needs chmod g+ws, and umask 002`;
  } catch {
    return directory === path ? '' : whoMay(directory);
  }
}
