import { lstatSync, type Stats } from 'node:fs';
import { decodeText } from '../text.js';

/** Something below the source. */
export interface Place {
  readonly path: string;
  /** The same as the file system has it, which need not be UTF-8. */
  readonly bytes: Buffer;
}

export const placeOf = (bytes: Buffer): Place => ({ path: decodeText(bytes), bytes });

/** The absolute path of something in the source, in the bytes that the file system has. */
export const inSource = (source: string, path: Buffer): Buffer => Buffer.concat([Buffer.from(`${source}/`), path]);

/** What stands at a path, itself; undefined when nothing does. */
export const look = (path: Buffer | string): Stats | undefined => {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // A file stands in the place of one of its directories.
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined;
    throw error;
  }
};
