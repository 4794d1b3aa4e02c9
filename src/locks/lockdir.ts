import { lstatSync, mkdirSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from './error-code.js';
import type { Identity, Marker, Seen } from './marker.js';
import { LockError } from './object-lock.js';
import { createRecord, moveAway, readRecord } from './record-file.js';
import { DIRECTORY_MODE, shareDirectory } from './sharing.js';

/**
 * Lock by mkdir(2), which is exclusive on every file system, with the owner's name in `T.lockdir/pid`.
 *
 * The name decides: `pid` is created exclusively, so that of two processes that believe they made the directory (one
 * slept until the other called it abandoned) only one gets in. An abandoned directory without a name is removed by
 * rmdir(2), which fails the moment somebody has put his name into it.
 */
export function lockdir(target: string): Marker {
  const path = `${target}.lockdir`;
  const record = join(path, 'pid');
  return {
    strategy: 'lockdir',
    target,
    path,
    make: (text) => make(path, record, text, target),
    look: () => readRecord(record) ?? lookAtNameless(path),
    takeAway: (seen) => (seen.identity === undefined ? removeNameless(path) : removeWhole(path)),
  };
}

function make(path: string, record: string, text: string, target: string): Identity | undefined {
  try {
    mkdirSync(path, DIRECTORY_MODE);
  } catch (error) {
    // EEXIST may be a lie about our own directory, made by a request that NFS sent twice. It has no name then, is
    // abandoned after a while and removed; waiting is right, taking it over would not be.
    if (errorCode(error) === 'EEXIST') return undefined;
    throw error;
  }
  try {
    shareDirectory(path, target);
    return createRecord(record, text, target);
  } catch (error) {
    // ENOENT, ESTALE: we slept so long that somebody removed our nameless directory. That is a lock not gained.
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ESTALE') return undefined;
    removeNameless(path);
    throw error;
  }
}

function lookAtNameless(path: string): Seen | undefined {
  try {
    const stat = lstatSync(path);
    if (!stat.isDirectory()) throw new LockError(path, 'is not a directory, so not a lock; remove it');
    return { owner: undefined, madeMs: stat.mtimeMs, identity: undefined };
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ESTALE') return undefined;
    throw error;
  }
}

/** False when it was gone or had got a name. */
function removeNameless(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ESTALE') return false;
    throw error;
  }
}

function removeWhole(path: string): boolean {
  const away = moveAway(path);
  if (away === undefined) return false;
  // From here on nobody depends on it any more. What cannot be removed (an open file that NFS keeps under another
  // name) is left to the clean-up of temporaries.
  try {
    unlinkSync(join(away, 'pid'));
    rmdirSync(away);
  } catch {
    removeRemains(away);
  }
  return true;
}

function removeRemains(away: string): void {
  try {
    for (const name of readdirSync(away)) unlinkSync(join(away, name));
    rmdirSync(away);
  } catch {
    // See removeWhole.
  }
}
