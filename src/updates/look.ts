import { lstatSync, type Stats } from 'node:fs';

/*
 * What there is in a source, by a look at the file system alone; no symbolic link is followed at the end of a path.
 */

/** Undefined also below a file, where node throws, and where we may not look: a client sees nothing there either, and says so. */
export function look(path: Buffer | string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

export const exists = (path: Buffer | string): boolean => look(path) !== undefined;

export const isDirectory = (path: Buffer | string): boolean => look(path)?.isDirectory() === true;
