import { lstatSync, lutimesSync, unlinkSync } from 'node:fs';
import { basename, isAbsolute } from 'node:path';
import { isBuildName, isStageName } from '../config/names.js';
import { createExclusively, readRegularFile } from '../files/atomic-file.js';
import { errorCode } from '../host/error-code.js';
import { jsonObject } from '../text/json.js';

/**
 * What a stage lock says of the run that made it. Written as JSON that a person can read with `cat`; further keys of
 * newer versions are ignored.
 */
export interface StageLockRecord {
  /** `running`, or the name of a stage. */
  readonly stage: string;
  readonly build: string;
  readonly site: string;
  /** Host name, with the PID namespace if it is not the host's first one. */
  readonly host: string;
  readonly pid: number;
  /** Start of the process in clock ticks since boot, where /proc tells. */
  readonly processStart?: number;
  readonly bootId?: string;
  readonly user: string;
  /** When the lock was made; ISO 8601, UTC, by the clock of `host`. */
  readonly since: string;
  readonly command: string;
  /** The log of what the stage was doing; absent for `running`. */
  readonly logFile?: string;
  readonly buildstamp: string;
  /** Random, the same in all locks of one run. */
  readonly run: string;
}

/** A stage lock as it was found. */
export interface FoundStageLock {
  readonly path: string;
  readonly name: string;
  /** Undefined when the file holds no record: damaged, or made by hand. It blocks anyway. */
  readonly record: StageLockRecord | undefined;
  /** Time stamp of the file, milliseconds by the file server's clock; the owner renews it while it lives. */
  readonly touchedMs: number;
}

/** Of a file; a run writes far less. */
const LONGEST = 64 * 1024;

/** How often the owner renews the time stamps of its stage locks, in milliseconds. */
export const HEARTBEAT_MS = 30_000;

/**
 * Makes a stage lock, whole and only if there is none.
 *
 * @throws the system's error; then there is no lock
 */
export function createStageLock(path: string, record: StageLockRecord): 'created' | 'exists' {
  return createExclusively(path, `${JSON.stringify(record, null, 2)}\n`);
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
  const fields = jsonObject(text);
  if (fields === undefined) return undefined;
  return isRecord(fields) ? fields : undefined;
}

/** No process of Linux has a larger number; a smaller one than 1 would mean a group of them to kill(2). */
const LARGEST_PID = 0x7fffffff;

/**
 * Whether the fields are such as a run writes. The directory may be writable by others: what goes into a path, a command or a
 * comparison has its form, what is only shown (`user`, `command`) may be any text and is shown as such.
 */
function isRecord(fields: Record<string, unknown>): fields is Record<string, unknown> & StageLockRecord {
  const { stage, build, site, host, pid, processStart, bootId, user, since, command, logFile, buildstamp, run } =
    fields;
  return (
    isText(stage, 64) &&
    isStageName(stage) &&
    isText(build, 64) &&
    isBuildName(build) &&
    isText(site) &&
    isText(host, 320) &&
    isText(user) &&
    isText(command) &&
    isText(since, 40) &&
    /^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(since) &&
    !Number.isNaN(Date.parse(since)) &&
    isText(buildstamp, 64) &&
    /^[\w-]+$/.test(buildstamp) &&
    isText(run, 64) &&
    /^[\w.-]+$/.test(run) &&
    isCount(pid) &&
    pid >= 1 &&
    pid <= LARGEST_PID &&
    (processStart === undefined || isCount(processStart)) &&
    (bootId === undefined || (isText(bootId, 64) && /^[\w-]+$/.test(bootId))) &&
    (logFile === undefined || (isText(logFile, 4096) && isAbsolute(logFile) && !logFile.includes('\0')))
  );
}

function isText(value: unknown, most = LONGEST): value is string {
  return typeof value === 'string' && value.length <= most;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
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
