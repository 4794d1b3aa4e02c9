import { lstatSync, lutimesSync, unlinkSync } from 'node:fs';
import { basename, isAbsolute } from 'node:path';
import { isBuildName, isStageName } from '../config/names.js';
import { createExclusively, readRegularFile } from '../files/atomic-file.js';
import { errorCode } from '../host/error-code.js';
import type { Judgement } from '../locks/index.js';
import {
  count,
  integer,
  object,
  optional,
  parseRecord,
  recordText,
  string,
  type TypeOf,
  where,
} from '../records/schema.js';

/** Of a file; a run writes far less. */
const LONGEST = 64 * 1024;
/** No process of Linux has a larger number; a smaller one than 1 would mean a group of them to kill(2). */
const LARGEST_PID = 0x7fffffff;

const text = string(undefined, LONGEST);

/**
 * What a stage lock says of the run that made it. Written as JSON that a person can read with `cat`; further keys of
 * newer versions are ignored. The directory may be writable by others: what goes into a path, a command or a comparison has
 * its form, what is only shown (`user`, `command`) may be any text and is shown as such.
 */
const STAGE_LOCK = object({
  /** `running`, or the name of a stage. */
  stage: where(string(undefined, 64), isStageName),
  build: where(string(undefined, 64), isBuildName),
  site: text,
  /** Host name, with the PID namespace if it is not the host's first one. */
  host: string(undefined, 320),
  pid: integer(1, LARGEST_PID),
  /** Start of the process in clock ticks since boot, where /proc tells. */
  processStart: optional(count),
  bootId: optional(string(/^[\w-]+$/, 64)),
  user: text,
  /** When the lock was made; ISO 8601, UTC, by the clock of `host`. */
  since: where(string(/^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, 40), (since) => !Number.isNaN(Date.parse(since))),
  command: text,
  /** The log of what the stage was doing; absent for `running`. */
  logFile: optional(where(string(undefined, 4096), (file) => isAbsolute(file) && !file.includes('\0'))),
  buildstamp: string(/^[\w-]+$/, 64),
  /** Random, the same in all locks of one run. */
  run: string(/^[\w.-]+$/, 64),
});
export type StageLockRecord = TypeOf<typeof STAGE_LOCK>;

/** A stage lock as it was found. */
export interface FoundStageLock {
  readonly path: string;
  readonly name: string;
  /** Undefined when the file holds no record: damaged, or made by hand. It blocks anyway. */
  readonly record: StageLockRecord | undefined;
  /** Time stamp of the file, milliseconds by the file server's clock; the owner renews it while it lives. */
  readonly touchedMs: number;
  /** Of a lock that is no file: the build that it belongs to, by its place, and what is known of its owner. */
  readonly build?: string;
  readonly judgement?: Judgement;
}

/** How often the owner renews the time stamps of its stage locks, in milliseconds. */
export const HEARTBEAT_MS = 30_000;

/**
 * Makes a stage lock, whole and only if there is none.
 *
 * @throws the system's error; then there is no lock
 */
export function createStageLock(path: string, record: StageLockRecord): 'created' | 'exists' {
  return createExclusively(path, stageLockText(record));
}

/** What stands in a stage lock. */
export function stageLockText(record: StageLockRecord): string {
  return recordText(STAGE_LOCK, record, 2);
}

/** The stage lock of that path; undefined when there is none. */
export function readStageLock(path: string): FoundStageLock | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  const found = { path, name: basename(path), touchedMs: stat.mtimeMs };
  try {
    const text = readRegularFile(path, LONGEST);
    return text === undefined ? undefined : { ...found, record: parseStageLock(text) };
  } catch {
    return { ...found, record: undefined }; // a symbolic link, a directory, unreadable: something stands there
  }
}

/** Reads the text of a stage lock; undefined when it is none. */
export function parseStageLock(text: string): StageLockRecord | undefined {
  return parseRecord(STAGE_LOCK, text);
}

/**
 * Removes a stage lock if it is the one of this run, in one step: nothing else removes or replaces a lock of a living
 * run, except a person with `unlock --force`.
 *
 * @returns `lost` when it was not there any more or belongs to another run by now; that one is left alone
 */
export function removeStageLock(path: string, run: string): 'removed' | 'lost' {
  const found = readStageLock(path);
  if (found === undefined || found.record?.run !== run) return 'lost';
  try {
    unlinkSync(path);
    return 'removed';
  } catch (error) {
    // NFS: the request may have been sent twice, and the second copy found nothing.
    if (errorCode(error) === 'ENOENT') return 'removed';
    throw error;
  }
}

/**
 * Renews the time stamp of a stage lock, the only sign of life that another host can see.
 *
 * @returns false when it is not there any more
 */
export function touchStageLock(path: string, now: Date): boolean {
  try {
    lutimesSync(path, now, now);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ENOENT';
  }
}
