import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import { InTheWay } from '../files/in-the-way.js';
import { errorCode } from '../host/error-code.js';
import {
  boolean,
  count,
  ifRight,
  object,
  oneOf,
  parseRecord,
  recordText,
  string,
  type TypeOf,
  value,
} from '../records/schema.js';
import { ensureBuildId, isBuildId } from './build-identity.js';
import { journalDirectory } from './journal.js';

/** Where a build builds, as its cursor knows it. */
const HOME = object({
  id: value(isBuildId),
  /** Absolute, as configured when the cursor was last moved. */
  directory: string(),
});
export type Home = TypeOf<typeof HOME>;

/** How far a build has come in the journal of its primary. */
const CURSOR = object({
  format: oneOf(1),
  /** The number of the last record that a completed run built, or that was the newest when the build joined. */
  record: count,
  /** False for a build that has joined but completed no run since: it must build even without news. */
  completed: boolean,
  /**
   * Where the build builds; absent in those of older versions. By this it is found again after it was renamed. A wrong one
   * counts as none: without it the cursor is like one of an older version.
   */
  home: ifRight(HOME),
});
export type Cursor = TypeOf<typeof CURSOR>;

/** More than any cursor comes to, in bytes. */
const LONGEST = 64 * 1024;

/** What the cursor file says. */
export type CursorRead =
  | { readonly kind: 'cursor'; readonly cursor: Cursor }
  /** The build has never joined; it starts at the present. */
  | { readonly kind: 'none' }
  /** What this build has built is unknown; removing the file makes it start at the present. */
  | { readonly kind: 'unreadable'; readonly file: string; readonly message: string };

/**
 * The cursor file of a build, in the directory of its primary. The primary has one too, so that a run of it that was
 * killed after its update builds that update again.
 *
 * @throws when the name is not one of a build, so that no path ever leaves the directory
 */
export function cursorFile(primaryDirectory: string, build: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/.test(build)) {
    throw new Error(`${JSON.stringify(build)} is not the name of a build`);
  }
  return join(journalDirectory(primaryDirectory), 'cursors', `${build}.json`);
}

/**
 * Reads the cursor of a build.
 *
 * @throws the system's error when the file is there but cannot be read at all (EACCES, EIO)
 */
export function readCursor(primaryDirectory: string, build: string): CursorRead {
  const file = cursorFile(primaryDirectory, build);
  let text: string | undefined;
  try {
    text = readRegularFile(file, LONGEST);
  } catch (error) {
    if (!(error instanceof InTheWay)) throw error;
    return { kind: 'unreadable', file, message: error.message };
  }
  if (text === undefined) return { kind: 'none' };
  const cursor = parseRecord(CURSOR, text);
  if (cursor) return { kind: 'cursor', cursor };
  const message = `${file} is not a valid cursor, so what ${build} has built is unknown. Remove this file, and the build starts from the current revision`;
  return { kind: 'unreadable', file, message };
}

/** The builds that have a cursor, sorted; also those that no configuration names any more. */
export function cursorNames(primaryDirectory: string): string[] {
  try {
    return readdirSync(join(journalDirectory(primaryDirectory), 'cursors'))
      .flatMap((name) => /^([A-Za-z0-9][A-Za-z0-9._+-]{0,63})\.json$/.exec(name)?.[1] ?? [])
      .sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Lets a build join at the present: it merges nothing, but has to build. To be called while the source cannot change,
 * that is after the build joined (or, in the primary, after the update).
 *
 * A process that dies here leaves no cursor or this one.
 *
 * @param present the journal's newest record
 * @param home where the build builds, if that is known
 * @throws the system's error, for example ENOSPC; there is then no cursor
 */
export function startCursor(primaryDirectory: string, build: string, present: number, home?: Home): Cursor {
  return writeCursor(primaryDirectory, build, { format: 1, record: present, completed: false, ...(home && { home }) });
}

/**
 * Moves the cursor when a run has completed: everything up to and including `record` is built. A process that dies in
 * here leaves the old cursor or the new one, so that its updates are built once more at worst.
 *
 * @throws the system's error, for example ENOSPC; the cursor is then as it was
 */
export function moveCursor(primaryDirectory: string, build: string, record: number, home?: Home): Cursor {
  return writeCursor(primaryDirectory, build, { format: 1, record, completed: true, ...(home && { home }) });
}

/** @throws the system's error, for example ENOSPC; the cursor is then as it was */
export function writeCursor(primaryDirectory: string, build: string, cursor: Cursor): Cursor {
  const file = cursorFile(primaryDirectory, build);
  ensureDirectory(join(file, '..'));
  replaceAtomically(file, recordText(CURSOR, cursor, 1));
  return cursor;
}

/** Where a build builds, for its cursor. @throws the system's error */
export function homeOf(buildDirectory: string): Home | undefined {
  const id = ensureBuildId(buildDirectory);
  return id === undefined ? undefined : { id, directory: buildDirectory };
}
