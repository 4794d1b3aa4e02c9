import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { InTheWay, obstacleOf } from '../files/in-the-way.js';
import { errorCode } from '../host/error-code.js';
import { LockError } from '../locks/index.js';
import { StillRunning } from '../processes/still-running.js';
import { shown, shownLines } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';

/** Tells a person on stderr what ended the program, unless commander has. Returns the exit code. */
export function reportFailure(error: unknown): number {
  if (isCommanderEnd(error)) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  process.stderr.write(`stagelock: ${shownLines(error instanceof Refusal ? error.message : describeFailure(error))}\n`);
  return exitCodeOfFailure(error);
}

/** What commander throws when it has printed help or what is wrong with the command line. */
function isCommanderEnd(error: unknown): error is Error & { readonly exitCode: number } {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}

/** As documented in docs/exit-codes.md. */
export function exitCodeOfFailure(error: unknown): number {
  if (error instanceof Refusal) return error.exitCode;
  if (isOfEtcd(error)) return EXIT.held;
  return isObstructed(error) ? EXIT.obstructed : EXIT.internal;
}

/** Known by its name, since its code is loaded only where hosts share something. */
function isOfEtcd(error: unknown): error is Error {
  return error instanceof Error && error.name === 'EtcdError';
}

/** Whether something else stands where a file or a lock of ours belongs. */
function isObstructed(error: unknown): boolean {
  // The path of `exec --lock` is the caller's choice.
  if (error instanceof LockError) return errorCode(error.cause) !== 'ENOTDIR' && obstacleOf(error.cause) !== undefined;
  return obstacleOf(error) !== undefined;
}

/** Writes a complaint to stderr, also one that a run has worded. */
export function complain(text: string): void {
  const plain = shownLines(text);
  process.stderr.write(plain.startsWith('stagelock: ') ? `${plain}\n` : `stagelock: ${plain}\n`);
}

/** A system error in one line, since its stack says nothing to a user; anything else with its stack: it is a bug. */
export function describeFailure(error: unknown): string {
  if (error instanceof StillRunning) return error.message;
  if (error instanceof LockError) {
    const { cause } = error;
    return cause instanceof InTheWay && cause.what !== '' ? cause.message : shown(error.message);
  }
  const obstacle = obstacleOf(error);
  if (obstacle !== undefined) return obstacle.message;
  if (isOfEtcd(error)) return `etcd: ${shown(error.message)}`;
  if (!(error instanceof Error)) return `internal error: ${String(error)}`;
  switch (errorCode(error)) {
    case undefined:
      return `internal error, please report it: ${error.stack ?? error.message}`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `the disk is full: ${shown(error.message)}`;
    case 'EIO':
      return `the disk or the file server failed: ${shown(error.message)}`;
    case 'ESTALE':
      return `another host removed or replaced a file that was being read; try again: ${shown(error.message)}`;
    case 'EROFS':
      return `the file system is read-only: ${shown(error.message)}`;
    case 'EACCES':
    case 'EPERM':
      return `no permission: ${shown(error.message)}${'path' in error && typeof error.path === 'string' ? whoMay(error.path) : ''}`;
    default:
      return shown(error.message);
  }
}

/** Who may write where this user may not; usually another user made the directory with a strict umask. */
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
