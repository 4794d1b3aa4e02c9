import { join } from 'node:path';
import { compactTime, isoTime } from '../text/compact-time.js';
import type { Attempts } from './attempts.js';

/*
 * What the name of an entry says:
 *
 *     20020131T112100000Z-ID.json                          a file that was never tried
 *     20020131T112100000Z-ID@0.20020131T112100000Z.20020131T112600000Z.json
 *                                                          one that was put there at the first time, for the second or later
 *     20020131T112100000Z-ID@2.20020131T113000000Z.json    two failed attempts, the last one then
 *     00000007-81920@1.20020131T113000000Z.20020131T120000000Z
 *                                                          a directory that is not to be tried before the second time
 *
 * What stands before the @ stays the same as long as the entry is in the spool. What stands behind it repeats what the content
 * says, so that a look at the names is enough to find out that nothing is due. It is only believed when it says so: before
 * anything is tried, the content is read.
 */

/** An entry of a spool, as its name tells. */
export interface Entry {
  readonly path: string;
  /** The name without attempts and extension. */
  readonly stem: string;
  readonly attempts: Attempts;
}

const ATTEMPTS = /^(\d{1,9})\.(\d{8}T\d{9}Z)(?:\.(\d{8}T\d{9}Z))?$/;

/** @param extension of the names of all entries; may be empty @returns undefined for a name of something else */
export function parseEntry(directory: string, name: string, extension: string): Entry | undefined {
  if (!name.endsWith(extension)) return undefined;
  const [stem = '', said, ...more] = name.slice(0, name.length - extension.length).split('@');
  const attempts = said === undefined ? { tries: 0 } : parseAttempts(said);
  if (attempts === undefined || more.length > 0) return undefined;
  return { path: join(directory, name), stem, attempts };
}

/** The name of an entry with these attempts; one that a name cannot tell has the name of an entry that was never tried. */
export function entryName(stem: string, { tries, tried, notBefore }: Attempts, extension: string): string {
  const [last, next] = [tried, notBefore].map((time) => (time === undefined ? '' : compactTime(time)));
  const isTold = last !== '' && Number.isInteger(tries) && tries >= 0 && tries < 1e9;
  return isTold ? `${stem}@${tries}.${last}${next === '' ? '' : `.${next}`}${extension}` : `${stem}${extension}`;
}

function parseAttempts(said: string): Attempts | undefined {
  const [, tries, last = '', next] = ATTEMPTS.exec(said) ?? [];
  const [tried, notBefore] = [isoTime(last), next === undefined ? undefined : isoTime(next)];
  if (tried === undefined || (next !== undefined && notBefore === undefined)) return undefined;
  return { tries: Number(tries), tried, ...(notBefore !== undefined && { notBefore }) };
}
