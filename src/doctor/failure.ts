import { errorCode } from '../host/error-code.js';
import { LockError } from '../locks/index.js';
import { errorText } from '../text/error-text.js';
import type { Attempt } from './finding.js';

/** Why a test could not be made, in words that fit behind a colon. */
export function failureOf(error: unknown): Attempt<never> & { readonly kind: 'failed' } {
  const code = errorCode(error) ?? (error instanceof LockError ? errorCode(error.cause) : undefined);
  return { kind: 'failed', code, why: code === undefined ? textOf(error) : explain(code, callOf(error)) };
}

function explain(code: string, call: string): string {
  switch (code) {
    case 'EROFS':
      return 'the file system is mounted read-only';
    case 'EACCES':
    case 'EPERM':
      return 'no permission to write there';
    case 'ENOSPC':
      return 'no space left on the disk';
    case 'EDQUOT':
      return 'the disk quota is used up';
    case 'ENOLCK':
      return 'the server grants no locks (ENOLCK)';
    case 'EIO':
      return 'the file system reports an error (EIO)';
    case 'ENOTSUP':
    case 'EOPNOTSUPP':
    case 'ENOSYS':
    case 'EINVAL':
      return `the file system does not support this (${code})`;
    default:
      return `the system says ${code}${call}`;
  }
}

/** Which system call it was, for those who want to look it up. */
function callOf(error: unknown): string {
  const cause = error instanceof LockError ? error.cause : error;
  return cause instanceof Error && 'syscall' in cause ? ` (${cause.syscall})` : '';
}

function textOf(error: unknown): string {
  if (error instanceof LockError) return error.message.slice(error.path.length + 2);
  return errorText(error);
}
