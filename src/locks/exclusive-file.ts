import { closeSync, constants, linkSync, openSync, unlinkSync } from 'node:fs';
import { errorCode } from '../host/error-code.js';
import { syscalls } from '../host/syscalls.js';
import { STRATEGY_TRAITS } from '../tables/locks.js';
import { claimBy, isAnothers } from './claim.js';
import type { Filesystem } from './filesystem.js';
import { pathBeside } from './lock-name.js';
import type { Marker, Seen } from './marker.js';
import { notALock } from './object-lock.js';
import { createRecord, moveAway, readRecord, removeMovedAway } from './record-file.js';
import { FILE_MODE, shareDescriptor } from './sharing.js';
import type { Strategy } from './strategy.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;

/** Lock for CIFS and SMB: `T.lock.excl`, created with O_CREAT|O_EXCL, which these servers do atomically. */
export function cifs(
  target: string,
  base = target,
  reach: Filesystem['reach'] = 'network',
  isOnlyOurs = false,
): Marker {
  return exclusiveFile('cifs', target, base, STRATEGY_TRAITS.cifs.ending, { reach, isOnlyOurs });
}

/** Stands in for flock(2) where the system call cannot be reached: `T.lock.pid`, created with O_CREAT|O_EXCL. */
export function flockFallback(target: string, base = target, isOnlyOurs = false): Marker {
  return exclusiveFile('flock', target, base, '.lock.pid', { reach: 'local', isOnlyOurs });
}

interface ExclusiveFileOptions {
  readonly reach: Filesystem['reach'];
  /** Whether no older tool opens it: then it needs no base file. */
  readonly isOnlyOurs: boolean;
}

function exclusiveFile(
  strategy: Strategy,
  target: string,
  base: string,
  ending: string,
  { reach, isOnlyOurs }: ExclusiveFileOptions,
): Marker {
  const path = pathBeside(base, ending);
  let hasBase = isOnlyOurs;
  return {
    strategy,
    target,
    path,
    make: (text) => {
      // Once is enough, and spares each attempt of a waiter some requests to the server.
      if (!hasBase) ensureBase(pathBeside(base, STRATEGY_TRAITS.flock.ending), target);
      hasBase = true;
      const identity = createRecord(path, text, target);
      return identity === undefined
        ? undefined
        : claimBy(path, identity, reach, () => remove(path, (seen) => !isAnothers(seen, identity)));
    },
    look: () => readRecord(path),
    takeAway: ({ identity }) => remove(path, (seen) => seen?.identity === identity),
  };
}

/**
 * False when it is not the right one.
 *
 * @param isRight whether what was moved away is; of what was ours a moment ago, one that cannot be read now or seems empty is
 */
function remove(path: string, isRight: (seen: Seen | undefined) => boolean): boolean {
  const away = moveAway(path);
  if (away === undefined) return false;
  const right = isRight(readRecord(away));
  if (!right) putBack(away, path);
  removeMovedAway(() => isUnlinked(away));
  return right;
}

function isUnlinked(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    return errorCode(error) === 'ENOENT';
  }
}

/**
 * What we moved is not what we saw: a process that {@link onePerHost} does not keep out, of another host or another tool,
 * was quicker, and this is the lock of the next one. It goes back, unless another process has made a new one meanwhile.
 */
function putBack(away: string, path: string): void {
  try {
    linkSync(away, path);
  } catch {
    syscalls()?.renameExclusively(away, path);
  }
}

/**
 * The base file that the older tools open beside the exclusive one. It protects nothing and is never removed: removing
 * it under a tool that has just opened it makes SMB builds fail.
 */
function ensureBase(path: string, target: string): void {
  try {
    closeSync(openSync(path, O_RDWR | O_NOFOLLOW));
  } catch (error) {
    if (errorCode(error) === 'ELOOP') throw notALock(path, 'is a symbolic link, not a lock file; remove it');
    if (errorCode(error) !== 'ENOENT') return; // there, but not ours to write: that is not needed
    create(path, target);
  }
}

function create(path: string, target: string): void {
  let fd: number;
  try {
    // O_EXCL: the permissions of a file that is not ours, a hard link say, are none of our business.
    fd = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    throw error;
  }
  shareDescriptor(fd, target, FILE_MODE);
  closeSync(fd);
}
