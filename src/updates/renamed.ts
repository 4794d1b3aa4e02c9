import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../host/error-code.js';
import { readBuildId } from './build-identity.js';
import { type Cursor, type CursorRead, cursorFile, cursorNames, type Home, readCursor } from './cursor.js';

/** The cursor of a build that is found by its name or, after it was renamed, by its directory. */
export type FoundCursor =
  | CursorRead
  /** It stood under another name, and has been moved. */
  | { readonly kind: 'renamed'; readonly cursor: Cursor; readonly from: string }
  /** One of these may be its cursor under an earlier name, and only a person can tell. */
  | { readonly kind: 'unsure'; readonly names: readonly string[] }
  /** The one of its name is that of another build directory, and has been put aside for it under another name. */
  | { readonly kind: 'other'; readonly home: Home; readonly aside: string };

export interface Renaming {
  readonly primaryDirectory: string;
  readonly build: string;
  /** Where it builds. */
  readonly directory: string;
  /** All builds of the configuration. */
  readonly configured: ConfiguredBuilds;
}

/** The builds of a configuration by their names, and where they build. */
export type ConfiguredBuilds = ReadonlyMap<string, { readonly directory: string }>;

/** Each look follows what another run has moved meanwhile, which each does once. */
const MOST_LOOKS = 5;

/**
 * Reads the cursor of a build, and moves the one of its earlier name to it where that is certain: the same build directory at
 * the same place, whatever the name is now. The names of two builds may have been swapped: then a cursor of the name is there,
 * but it is that of the other directory. It is put aside under a name that no build has, where the other build finds it.
 *
 * To be called by a run of the build that has joined, or by the primary under `running`. So no run under the new name moves
 * the cursor at the same time, and none under the old one, which would need the same directory's `running`. A process that
 * dies here leaves each cursor under one name, the earlier one, its own or the one aside, and the next run finds it there;
 * another host sees it late and finds no cursor, and looks here again. Two builds that have swapped their names and begin at
 * once never overwrite a cursor; the slower one may leave a copy aside, which only keeps old records.
 *
 * @throws the system's error; no cursor is lost then
 */
export function findCursor(renaming: Renaming): FoundCursor {
  const { primaryDirectory, build, directory, configured } = renaming;
  const id = readBuildId(directory);
  for (let look = 0; look < MOST_LOOKS; look++) {
    const read = readCursor(primaryDirectory, build);
    if (read.kind === 'unreadable') return read;
    const home = read.kind === 'cursor' ? read.cursor.home : undefined;
    if (read.kind === 'cursor' && (home === undefined || home.id === id)) return read;
    const all = otherCursors(primaryDirectory, build);
    const same = all.filter(({ cursor }) => id !== undefined && cursor.home?.id === id);
    const [only, ...more] = same.filter(({ cursor }) => cursor.home?.directory === directory);
    const certain = more.length === 0 ? only : undefined;
    if (home !== undefined) {
      if (certain === undefined && !isOfAnother(home, renaming)) return read;
      const aside = `displaced-${home.id}`;
      // One that was put aside before is older than this one, which its build has written since.
      moveAway(primaryDirectory, build, aside);
      if (certain === undefined) return { kind: 'other', home, aside };
    }
    if (certain !== undefined) {
      // The other build has perhaps moved it aside by now; then it is found there.
      if (moveAway(primaryDirectory, certain.name, build)) {
        const moved = readCursor(primaryDirectory, build);
        if (moved.kind === 'cursor' && moved.cursor.home?.id === id)
          return { kind: 'renamed', cursor: moved.cursor, from: certain.name };
      }
      continue;
    }
    // A directory that has never built for this primary cannot have been one of its builds.
    if (id === undefined && !existsSync(join(directory, 'Testing', 'TAG'))) return read;
    // Those of older versions do not say whose they are.
    const possible = [...same, ...all.filter(({ cursor }) => cursor.home === undefined)].filter(
      ({ name }) => !configured.has(name),
    );
    return possible.length === 0 ? read : { kind: 'unsure', names: possible.map(({ name }) => name).sort() };
  }
  const file = cursorFile(primaryDirectory, build);
  return { kind: 'unreadable', file, message: `${file}: other runs move the cursors at this moment; run it again` };
}

/**
 * Whether a cursor belongs to another build that still builds where it says. Otherwise that place was only moved, wiped or
 * restored, and the name is what tells.
 */
function isOfAnother(home: Home, { build, directory, configured }: Renaming): boolean {
  if (home.directory === directory) return false;
  const builds = [...configured].some(([name, other]) => name !== build && other.directory === home.directory);
  return builds && readBuildId(home.directory) === home.id;
}

/** @returns whether it was there */
function moveAway(primaryDirectory: string, from: string, to: string): boolean {
  try {
    renameSync(cursorFile(primaryDirectory, from), cursorFile(primaryDirectory, to));
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

export interface OrphanedCursor {
  readonly name: string;
  readonly cursor: Cursor;
}

/** The cursors that no configured build has. Those that cannot be read are left out. @throws the system's error */
export function orphanedCursors(
  primaryDirectory: string,
  configured: { readonly has: (name: string) => boolean },
): OrphanedCursor[] {
  return cursorsOf(primaryDirectory, (name) => !configured.has(name));
}

function otherCursors(primaryDirectory: string, build: string): OrphanedCursor[] {
  return cursorsOf(primaryDirectory, (name) => name !== build);
}

function cursorsOf(primaryDirectory: string, wanted: (name: string) => boolean): OrphanedCursor[] {
  return cursorNames(primaryDirectory)
    .filter(wanted)
    .flatMap((name) => {
      const read = readCursor(primaryDirectory, name);
      return read.kind === 'cursor' ? [{ name, cursor: read.cursor }] : [];
    });
}
