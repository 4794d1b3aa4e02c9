import { readRegularFile } from '../files/atomic-file.js';
import { parseRecord, type Schema } from '../records/schema.js';
import { isoTime } from '../text/compact-time.js';
import { errorText } from '../text/error-text.js';

/*
 * Spools whose entries are files with a record, `20020131T112100000Z-ID.json`: mails and events.
 */

/** More than any of them comes to. */
const LONGEST = 4 * 1024 * 1024;

/**
 * Reads an entry.
 *
 * @param what it is, for a person: `mail`
 * @returns what is in the way, for a person to look at; undefined when another process has just sent it
 */
export function readSpooled<T extends object>(
  path: string,
  schema: Schema<T>,
  what: string,
): (T & { readonly path: string }) | string | undefined {
  try {
    const text = readRegularFile(path, LONGEST);
    if (text === undefined) return undefined;
    const read = parseRecord(schema, text);
    if (read !== undefined) return { ...read, path };
  } catch (error) {
    return `the ${what} in ${path} cannot be sent: ${errorText(error)}`;
  }
  return `the ${what} in ${path} cannot be sent: it is not what stagelock has written; look at it and remove it`;
}

/**
 * The time that a name begins with, in milliseconds since 1970: an entry comes into its spool after what it tells of.
 *
 * @param stem a name whose first group in `form` is its time
 */
export function timeOfStem(stem: string, form: RegExp): number {
  const [, compact = ''] = form.exec(stem) ?? [];
  const ms = Date.parse(isoTime(compact) ?? '');
  return Number.isNaN(ms) ? Number.NEGATIVE_INFINITY : ms;
}
