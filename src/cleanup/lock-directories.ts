import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../host/error-code.js';
import { isOwnDirectory, isWorldWritable, LockError, lockPlaceOf } from '../locks/index.js';
import type { Problem } from './problem.js';

/** What says where locks are kept: CT_LOCK_DIR. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The directories in which the locks of what is in a directory may stand, besides that directory itself: the one that
 * CT_LOCK_DIR or an agreement names, and, in a directory that every user may write, the one of each user.
 *
 * @throws LockError when CT_LOCK_DIR names none that can be used
 */
export function lockDirectoriesOf(directory: string, environment: Environment): string[] {
  const place = lockPlaceOf(join(directory, 'any'), { environment, chosen: 'flock', make: false });
  const found = 'problem' in place ? [] : [place.directory];
  const own = isWorldWritable(directory) ? namesIn(directory).filter(isOwnDirectory) : [];
  const all = new Set([...found, ...own.map((name) => join(directory, name))]);
  all.delete(directory);
  return [...all].filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true);
}

/** Those of some trees, and what is wrong with them. */
export function lockDirectoriesOfAll(
  roots: readonly string[],
  environment: Environment,
): { readonly directories: readonly string[]; readonly problems: readonly Problem[] } {
  const problems = new Map<string, Problem>();
  const directories = roots.flatMap((root) => {
    try {
      return lockDirectoriesOf(root, environment);
    } catch (error) {
      if (!(error instanceof LockError)) throw error;
      problems.set(error.path, { path: error.path, why: error.message.slice(error.path.length + 2) });
      return [];
    }
  });
  return { directories, problems: [...problems.values()] };
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return []; // it may be searched and not read
  }
}
