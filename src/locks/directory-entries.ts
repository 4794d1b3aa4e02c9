import { lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from './error-code.js';

/** The names in a directory, sorted; none when there is no directory of that name. @throws the system's error */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** Removes a file, or the link that stands in its place; somebody else may have done so. @throws the system's error */
export function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** Nobody takes an hour to write a small file. */
const ABANDONED_MS = 3_600_000;

/**
 * Removes the temporaries of processes that died while they created or replaced a file in a directory.
 *
 * @param nowMs milliseconds since 1970
 * @throws the system's error
 */
export function removeAbandoned(directory: string, nowMs: number): void {
  for (const name of namesIn(directory).filter((name) => /^\.\d+\.[0-9a-f]{16}\.tmp$/.test(name))) {
    const path = join(directory, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() && nowMs - stat.mtimeMs > ABANDONED_MS) removeIfThere(path);
  }
}
