import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { errorCode } from './error-code.js';
import type { Marker } from './marker.js';
import { LockError } from './object-lock.js';
import { createRecord, moveAway, readRecord } from './record-file.js';
import { FILE_MODE, shareDescriptor } from './sharing.js';
import type { Strategy } from './strategy.js';

const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants;

/** Lock for CIFS and SMB: `T.lock.excl`, created with O_CREAT|O_EXCL, which these servers do atomically. */
export function cifs(target: string): Marker {
  return exclusiveFile('cifs', target, `${target}.lock.excl`);
}

/** Stands in for flock(2) where the system call cannot be reached: `T.lock.pid`, created with O_CREAT|O_EXCL. */
export function flockFallback(target: string): Marker {
  return exclusiveFile('flock', target, `${target}.lock.pid`);
}

function exclusiveFile(strategy: Strategy, target: string, path: string): Marker {
  return {
    strategy,
    target,
    path,
    make: (text) => {
      ensureBase(`${target}.lock`, target);
      return createRecord(path, text, target);
    },
    look: () => readRecord(path),
    takeAway: () => {
      const away = moveAway(path);
      if (away === undefined) return false;
      try {
        unlinkSync(away);
      } catch {
        // Freed all the same; what SMB does not let us remove while it is open is left to the clean-up.
      }
      return true;
    },
  };
}

/**
 * The base file that the older tools open beside the exclusive one. It protects nothing and is never removed: removing
 * it under a tool that has just opened it makes SMB builds fail.
 */
function ensureBase(path: string, target: string): void {
  try {
    closeSync(openSync(path, O_RDWR | O_NOFOLLOW));
  } catch (error) {
    if (errorCode(error) === 'ELOOP') throw new LockError(path, 'is a symbolic link, not a lock file; remove it');
    if (errorCode(error) !== 'ENOENT') return; // there, but not ours to write: nobody needs to
    const fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, FILE_MODE);
    shareDescriptor(fd, target, FILE_MODE);
    closeSync(fd);
  }
}
