import { lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { errorCode } from '../host/error-code.js';
import { LONGEST_IN_DIRECTORY, OWN_DIRECTORY } from '../tables/locks.js';
import * as says from '../tables/messages.js';
import { type Agreement, isWorldWritable, readAgreement } from './agreement.js';
import { isShortName, shortName } from './lock-name.js';
import { LockError } from './object-lock.js';
import { realDirectoryOf } from './real-directory.js';
import type { Strategy } from './strategy.js';

/** Where the locks of a target stand. native/lock_place.c finds the same. */
export interface LockPlace {
  /** What the names of its locks are made of: the target itself, or what stands for it in a directory of locks. */
  readonly base: string;
  /** The directory that they stand in; how they are made is up to its file system and its users. */
  readonly directory: string;
}

export type FoundPlace =
  | LockPlace
  /** Why there is none, and no other process to share a lock with. */
  | { readonly problem: string };

export interface PlaceOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether the user has chosen a strategy: then an agreement that makes no sense does not matter. */
  readonly chosen: Strategy | 'auto';
  /** Whether a directory of locks is made that is missing. */
  readonly make: boolean;
}

/**
 * Where all who make a target keep its locks: in the directory that CT_LOCK_DIR names, or the agreement of its own directory or
 * of one above it; else beside the target. In a directory that all users may write to, as /tmp, they are kept in a directory of
 * our own in it, where no other user can hold them.
 *
 * In a directory of locks the name is made of the path from the directory that it lies in: that is the beginning of the tree that
 * it is for, wherever each host has that mounted.
 *
 * @throws LockError when CT_LOCK_DIR or an agreement names no directory that can be used
 */
export function lockPlaceOf(target: string, options: PlaceOptions): FoundPlace {
  const wanted = options.environment['CT_LOCK_DIR'] ?? '';
  const path = join(realDirectoryOf(target), basename(target));
  if (wanted !== '') {
    if (!wanted.startsWith('/')) {
      const why = 'is not an absolute path, so it would name a different directory for each command; begin it with "/"';
      throw new LockError(`CT_LOCK_DIR=${wanted}`, why);
    }
    return inDirectory(wanted, path, options);
  }
  const directory = dirname(path);
  const agreement = agreementOf(directory, options.chosen !== 'auto');
  const locks = agreement === undefined ? locksAbove(directory) : agreement.locks;
  if (locks !== undefined) return inDirectory(locks, path, options);
  return isWorldWritable(directory) ? inOwnDirectory(directory, path, options.make) : { base: path, directory };
}

/** What a lock in a directory of locks protects, by its name without the ending; undefined when that is a short one. */
export function targetIn(directory: string, name: string): string | undefined {
  if (isShortName(name)) return undefined;
  return resolve(dirname(directory), name.replaceAll('%2F', '/').replaceAll('%25', '%'));
}

const OWN_NAME = new RegExp(`^${OWN_DIRECTORY.replaceAll('.', '\\.')}\\d+$`);

/** Whether a directory is the one of a single user for locks, within a world-writable one. */
export function isOwnDirectory(directory: string): boolean {
  return OWN_NAME.test(basename(directory));
}

function agreementOf(directory: string, chosen: boolean): Agreement | undefined {
  try {
    return readAgreement(directory);
  } catch (error) {
    if (chosen && errorCode(error) !== 'ENOTDIR') return { strategy: undefined, locks: undefined };
    throw error;
  }
}

function inDirectory(locks: string, path: string, { make }: PlaceOptions): FoundPlace {
  const real = realDirectory(locks, make);
  return isWorldWritable(real) ? inOwnDirectory(real, path, make) : placeIn(real, path);
}

function inOwnDirectory(directory: string, path: string, make: boolean): FoundPlace {
  const own = ownDirectory(directory, make);
  return typeof own === 'string' ? placeIn(own, path) : own;
}

/** The place in a directory of locks. Beside that begins the tree that it is for, wherever each host has it mounted. */
export function placeIn(locks: string, path: string): LockPlace {
  return { base: join(locks, asName(relative(dirname(locks), path))), directory: locks };
}

function realDirectory(locks: string, make: boolean): string {
  try {
    try {
      return realpathSync.native(`${locks}/.`);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      if (!make) return resolve(locks);
      makeShared(locks);
      return realpathSync.native(`${locks}/.`);
    }
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    throw new LockError(locks, explain(code), { cause: error });
  }
}

function explain(code: string): string {
  switch (code) {
    case 'ENOENT':
      return 'is to hold the locks, but neither it nor its parent directory exists; create the parent';
    case 'ENOTDIR':
      return 'is to hold the locks, but is not a directory; remove it, or choose another path';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `is to hold the locks, but this user may not create or enter it (${code}); create one that its users may write to`;
    default:
      return `is to hold the locks, but cannot be used (${code})`;
  }
}

/** As its parent: for the group, if that may write there, too; which group it is says the parent's set-group-ID bit. */
function makeShared(path: string): void {
  const shared = ((statSync(dirname(path), { throwIfNoEntry: false })?.mode ?? 0) & 0o020) !== 0;
  const mask = shared ? process.umask(0o002) : undefined;
  try {
    mkdirSync(path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    if (mask !== undefined) process.umask(mask);
  }
}

function ownDirectory(directory: string, make: boolean): string | { readonly problem: string } {
  const user = process.geteuid?.() ?? 0;
  const path = join(directory, `${OWN_DIRECTORY}${user}`);
  let code: string | undefined;
  try {
    if (make) mkdirSync(path, 0o700);
    return path;
  } catch (error) {
    code = errorCode(error);
    if (code === undefined) throw error;
  }
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory() === true && there.uid === user) return path;
  if (there === undefined) return { problem: says.cannotBeMade(path, String(code)) };
  return { problem: says.belongsToUser(path, there.uid) };
}

/** The next directory above that names a directory of locks for what is below it. Other file systems are not looked at. */
function locksAbove(directory: string): string | undefined {
  const { dev } = statSync(directory);
  for (let at = directory; at !== dirname(at); ) {
    at = dirname(at);
    if (statSync(at, { throwIfNoEntry: false })?.dev !== dev) return undefined;
    const locks = agreementAbove(at);
    if (locks !== undefined) return locks;
  }
  return undefined;
}

/** What makes no sense there, or may not be read, is no business of those below. */
function agreementAbove(directory: string): string | undefined {
  try {
    return readAgreement(directory)?.locks;
  } catch {
    return undefined;
  }
}

/** A relative path as one name, from which it can be told: `/` is `%2F`, and `%` is `%25`. */
function asName(path: string): string {
  const name = path.replaceAll('%', '%25').replaceAll('/', '%2F');
  return Buffer.byteLength(name) <= LONGEST_IN_DIRECTORY ? name : shortName(name);
}
