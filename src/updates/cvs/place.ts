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
