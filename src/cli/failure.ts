import { errorCode, LockError } from '../locks/index.js';
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

/** A system error in one line, since its stack says nothing to a user; anything else with its stack: it is a bug. */
export function describeFailure(error: unknown): string {
  if (error instanceof LockError) return error.message;
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
      return `no permission: ${error.message}`;
    default:
      return error.message;
  }
}
