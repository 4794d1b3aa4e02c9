import {
  closeSync,
  constants,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../host/error-code.js';
import { syscalls } from '../host/syscalls.js';
import { RECORD_NAME, STRATEGY_TRAITS } from '../tables/locks.js';
import { claimBy } from './claim.js';
import { entryAt } from './entry.js';
import { pathBeside } from './lock-name.js';
import type { Claim, Identity, Marker, Seen } from './marker.js';
import { notALock } from './object-lock.js';
import { createRecord, moveAway, OpenRecord, readRecord, removeMovedAway } from './record-file.js';
import { DIRECTORY_MODE, shareDirectory } from './sharing.js';
import type { Surroundings } from './surroundings.js';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

/**
 * Lock by mkdir(2), which is exclusive on every file system, with the owner's name in `T.lockdir/pid`.
 *
 * The name decides: `pid` is created exclusively, so that of two processes that believe they made the directory (one
 * slept until the other called it abandoned) only one gets in. An abandoned directory without a name is removed by
 * rmdir(2), which fails the moment a process has put its name into it.
 *
 * @param base what its name is made of
 * @param surroundings on a local file system
 */
export function lockdir(target: string, base = target, surroundings?: Surroundings): Marker {
  const path = pathBeside(base, STRATEGY_TRAITS.lockdir.ending);
  const record = join(path, RECORD_NAME);
  return {
    strategy: 'lockdir',
    target,
    path,
    make: (text) => make(path, record, text, target, surroundings),
    look: () => look(path, record),
    takeAway: ({ identity }, alone) => {
      if (identity === undefined) return removeNameless(path);
      return alone ? removeWhole(path, identity) : removeNameFirst(path, record, identity);
    },
  };
}

function make(
  path: string,
  record: string,
  text: string,
  target: string,
  surroundings: Surroundings | undefined,
): Claim | undefined {
  try {
    mkdirSync(path, DIRECTORY_MODE);
  } catch (error) {
    // EEXIST may be a lie about our own directory, made by a request that NFS sent twice. It has no name then, is
    // abandoned after a while and removed; waiting is right, taking it over would not be.
    if (errorCode(error) === 'EEXIST') return undefined;
    throw error;
  }
  try {
    return surroundings === undefined
      ? makeRemotely(path, record, text, target)
      : makeLocally(path, record, text, target, surroundings);
  } catch (error) {
    // ENOENT, ESTALE: we slept so long that another process removed our nameless directory. The lock is not acquired.
    if (isGone(error)) return undefined;
    removeNameless(path);
    throw error;
  }
}

/** Where an open file gets in the way of its removal, or the server's word counts and not the kernel's. */
function makeRemotely(path: string, record: string, text: string, target: string): Claim | undefined {
  shareDirectory(path, target);
  const identity = createRecord(record, text, target);
  return identity === undefined ? undefined : claimBy(record, identity, 'network', () => removeOurs(path, record));
}

function makeLocally(
  path: string,
  record: string,
  text: string,
  target: string,
  surroundings: Surroundings,
): Claim | undefined {
  const began = Date.now();
  const shared = surroundings.isShared(began) ? target : undefined;
  if (shared !== undefined) shareDirectory(path, shared);
  const open = OpenRecord.create(record, text, shared, began);
  return open === undefined ? undefined : new LocalClaim(path, record, open);
}

class LocalClaim implements Claim {
  readonly #path: string;
  readonly #record: string;
  readonly #open: OpenRecord;

  constructor(path: string, record: string, open: OpenRecord) {
    this.#path = path;
    this.#record = record;
    this.#open = open;
  }

  stands(): boolean {
    return this.#open.stands();
  }

  giveBack(): boolean {
    return this.#open.close() && removeOurs(this.#path, this.#record);
  }

  leaveStanding(): void {
    this.#open.close();
  }
}

/** The directory comes first: through a symbolic link in its place we would read, and judge, a file of elsewhere. */
function look(path: string, record: string): Seen | undefined {
  const stat = entryAt(path);
  if (stat === undefined) return undefined;
  if (stat.isSymbolicLink()) throw notALock(path, 'is a symbolic link, not a lock; remove it');
  if (!stat.isDirectory()) throw notALock(path, 'is not a directory, so not a lock; remove it');
  return readRecord(record) ?? { owner: undefined, madeMs: stat.mtimeMs, identity: undefined };
}

/**
 * In place, which spares a rename: without its name the directory is one that is just being made, or was abandoned.
 * That it is left empty for good, because we die here or because NFS keeps a file in it that a process has open, is
 * provided for either way.
 */
function removeOurs(path: string, record: string): true {
  try {
    unlinkSync(record);
  } catch (error) {
    if (!isGone(error)) throw error; // else: NFS sent the request twice
  }
  try {
    rmdirSync(path);
  } catch {
    // It may have got the name of a process that has slept since its mkdir(2). If not, it must be removed.
    if (readRecord(record) === undefined) removeWhole(path, undefined);
  }
  return true;
}

/** False when it was gone or had got a name. */
function removeNameless(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (isGone(error) || code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return errorCode(error) === 'ENOENT' || errorCode(error) === 'ESTALE';
}

/** False when it is not the one with that identity. */
function removeWhole(path: string, identity: Identity | undefined): boolean {
  const away = moveAway(path);
  if (away === undefined) return false;
  if (readRecord(join(away, RECORD_NAME))?.identity !== identity) return putBack(away, path);
  removeMovedAway(() => removeDirectory(away));
  return true;
}

/**
 * For the lock of another host's owner, where a process of that host may remove it at the same time and another one
 * take it. The directory stays while we look at the name that we took out of it, so no process gets in meanwhile; and no process takes a
 * directory that lost its name just now for abandoned. A name that is another one goes back.
 */
function removeNameFirst(path: string, record: string, identity: Identity): boolean {
  const away = moveAway(record, path);
  if (away === undefined) return false;
  try {
    if (readRecord(away)?.identity === identity && removeNameless(path)) return true;
    putNameBack(away, record);
    return false;
  } catch (error) {
    putNameBack(away, record); // a sticky directory, say: a lock that stays shall say whose it is
    throw error;
  } finally {
    attemptUnlink(away);
  }
}

/** By a step that fails where a name is by now, or no directory any more: its owner has given it back. */
function putNameBack(away: string, record: string): void {
  try {
    linkSync(away, record);
  } catch {
    syscalls()?.renameExclusively(away, record);
  }
}

function attemptUnlink(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Put back by its renaming; open somewhere; or left to the clean-up of temporaries.
  }
}

/**
 * What we moved is not what we saw: a tool that knows no {@link onePerHost} was quicker, and this is the lock of the
 * next one. It goes back, unless another process has made a new one meanwhile: rename(2) replaces an empty directory only.
 */
function putBack(away: string, path: string): false {
  try {
    renameSync(away, path);
  } catch {
    removeMovedAway(() => removeDirectory(away));
  }
  return false;
}

/**
 * Nothing depends on it any more.
 *
 * In a shared directory another user may put a symbolic link there meanwhile, to have us empty a directory of ours. So the
 * entries are named by way of a descriptor that follows none.
 *
 * @returns false when it is still there
 */
function removeDirectory(away: string): boolean {
  let fd: number;
  try {
    fd = openSync(away, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch {
    return true; // gone, or nothing that we could remove
  }
  try {
    const inside = process.platform === 'linux' ? `/proc/self/fd/${fd}` : away;
    for (const name of readdirSync(inside)) attemptUnlink(join(inside, name));
    rmdirSync(away);
    return true;
  } catch {
    return false;
  } finally {
    closeSync(fd);
  }
}
