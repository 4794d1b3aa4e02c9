import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode, LockError } from '../locks/index.js';
import { LogError } from '../stages/stage-log.js';
import { EXIT, Refusal } from './exit.js';

/** Tells a person on stderr what ended the program. Returns the exit code. */
export function reportFailure(error: unknown): number {
  if (error instanceof Refusal) {
    process.stderr.write(`stagelock: ${error.message}\n`);
    return error.exitCode;
  }
  process.stderr.write(`stagelock: ${describeFailure(error)}\n`);
  return EXIT.internal;
}

/** Tells a person on stderr, also what a run has told him in these words. */
export function complain(text: string): void {
  process.stderr.write(text.startsWith('stagelock: ') ? `${text}\n` : `stagelock: ${text}\n`);
}

/** A system error in one line, since its stack says nothing to a user; anything else with its stack: it is a bug. */
export function describeFailure(error: unknown): string {
  if (error instanceof LockError || error instanceof LogError) return error.message;
  if (!(error instanceof Error)) return `internal error: ${String(error)}`;
  switch (errorCode(error)) {
    case undefined:
      return `internal error, please report it: ${error.stack ?? error.message}`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `the disk is full: ${error.message}`;
    case 'EROFS':
      return `the file system is read-only: ${error.message}`;
    case 'EACCES':
    case 'EPERM':
      return `no permission: ${error.message}${'path' in error && typeof error.path === 'string' ? whoMay(error.path) : ''}`;
    default:
      return error.message;
  }
}

/** Who may write where somebody was not allowed to; the usual reason is a directory made with the umask of another. */
function whoMay(path: string): string {
  const directory = dirname(path);
  try {
    const { uid, gid, mode } = statSync(directory);
    const octal = (mode & 0o7777).toString(8);
    return `; ${directory} belongs to user ${uid} and group ${gid}, mode ${octal}. A group that shares it needs chmod g+ws, and umask 002`;
  } catch {
    return directory === path ? '' : whoMay(directory);
  }
}
