import { lstatSync } from 'node:fs';
import { errorCode } from '../host/error-code.js';
import { FITS_EVERYWHERE, HASH_FACTOR, HASH_START, KEPT_OF_NAME } from '../tables/locks.js';

/*
 * Names of locks. `T.lock` and the like stand beside T; where T has so long a name that no ending fits behind it, a short name
 * takes its place, which every process finds: it depends on nothing but the name. native/lock_name.c makes the same.
 */

export { LONGEST_NAME } from '../tables/locks.js';

const SHORT = /~[0-9a-f]{16}$/;

/**
 * What stands for a name that is too long to get an ending: its beginning, cut between two characters, and a hash of all of
 * it, `BEGINNING~0123456789abcdef`.
 */
export function shortName(name: string): string {
  const bytes = Buffer.from(name);
  let kept = Math.min(bytes.length, KEPT_OF_NAME);
  for (let back = 0; back < 3 && kept < bytes.length && ((bytes[kept] ?? 0) & 0xc0) === 0x80; back++) kept--;
  return `${bytes.toString('utf8', 0, kept)}~${hashOf(bytes).toString(16).padStart(16, '0')}`;
}

/** Whether this may be a short name, and then not be that of any file. */
export function isShortName(name: string): boolean {
  return SHORT.test(name);
}

/**
 * The path of what stands beside `path` with an ending: `PATH.lock`. Where the file system has no room for the ending, that
 * of the short name. The file system itself is asked: it gives all hosts the same answer, other than pathconf(3).
 */
export function pathBeside(path: string, ending: string): string {
  const slash = path.lastIndexOf('/') + 1;
  const name = path.slice(slash);
  const usual = path + ending;
  if (Buffer.byteLength(name) + ending.length <= FITS_EVERYWHERE || !isTooLong(usual)) return usual;
  return path.slice(0, slash) + shortName(name) + ending;
}

/** Whether the file system has no room for a path, or for one of its names. */
export function isTooLong(path: string): boolean {
  try {
    lstatSync(path, { throwIfNoEntry: false });
    return false;
  } catch (error) {
    return errorCode(error) === 'ENAMETOOLONG';
  }
}

/** FNV-1a of 64 bits. Two names with one hash and one beginning share a lock, which costs a wait and nothing else. */
export function hashOf(bytes: Buffer): bigint {
  let hash = HASH_START;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * HASH_FACTOR);
  return hash;
}
