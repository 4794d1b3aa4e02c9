import { join } from 'node:path';
import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { removeIfThere } from '../files/directory-entries.js';
import { count, object, parseRecord, string, time } from '../records/schema.js';
import type { Attempts } from './attempts.js';

/**
 * Nothing can be delivered to any recipient: the server is away, or its password is wrong. Then the spool as a whole
 * waits, so that a cron job that runs every minute does not ask a dead server every minute, for each entry.
 */
export interface Outage extends Attempts {
  /** Of which way; another one has a chance of its own. */
  readonly name: string;
  /** ISO 8601 */
  readonly since: string;
  readonly why: string;
}

const OUTAGE = object({ name: string(), since: time, why: string(), tries: count, tried: time });
/** As earlier versions called it. */
const fileOf = (directory: string): string => join(directory, 'no-way.json');

/** @returns undefined when nothing speaks against a delivery, or nothing that can be read */
export function readOutage(directory: string): Outage | undefined {
  try {
    return parseRecord(OUTAGE, readRegularFile(fileOf(directory), 64 * 1024) ?? '');
  } catch {
    return undefined;
  }
}

/** @throws the system's error; what was known before then stays */
export function writeOutage(directory: string, outage: Outage, mode: number): void {
  replaceAtomically(fileOf(directory), `${JSON.stringify(outage, undefined, 2)}\n`, mode);
}

/** Something got through. @throws the system's error */
export function forgetOutage(directory: string): void {
  removeIfThere(fileOf(directory));
}
