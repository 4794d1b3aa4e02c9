import { readdirSync, unlinkSync } from 'node:fs';
import { errorCode } from '../host/error-code.js';

/** The names in a directory, sorted; none when there is no directory of that name. @throws the system's error */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** Removes a file, or the link that stands in its place; another process may have done so. @throws the system's error */
export function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
