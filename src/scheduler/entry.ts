import { lstatSync, type Stats } from 'node:fs';

/** What stands at a path, a link as such; undefined when there is nothing, or it cannot be seen. */
export function statusOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/**
 * Tells an entry from what has had its name before or gets it later. Inode numbers are used again at once, so the birth of
 * what has them belongs to it, where the file system knows that.
 */
export function identityOf({ dev, ino, birthtimeMs }: Stats): string {
  return `${dev}:${ino}:${birthtimeMs}`;
}
