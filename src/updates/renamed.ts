import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { readBuildId } from './build-identity.js';
import { type Cursor, type CursorRead, cursorFile, cursorNames, readCursor } from './cursor.js';

/** The cursor of a build that is found by its name or, after it was renamed, by its directory. */
export type FoundCursor =
  | CursorRead
  /** It stood under another name, which no build has any more, and has been moved. */
  | { readonly kind: 'renamed'; readonly cursor: Cursor; readonly from: string }
  /** One of these may be its cursor under an earlier name, and only a person can tell. */
  | { readonly kind: 'unsure'; readonly names: readonly string[] };

export interface Renaming {
  readonly primaryDirectory: string;
  readonly build: string;
  /** Where it builds. */
  readonly directory: string;
  /** The names of all builds of the configuration. */
  readonly configured: ReadonlySet<string>;
}

/**
 * Reads the cursor of a build, and moves the one of its earlier name to it where that is certain: the same build directory at
 * the same place, and no build of that name any more.
 *
 * To be called by a run of the build that has joined, or by the primary under `running`. So no run under the new name moves
 * the cursor at the same time, and none under the old one, which would need the same directory's `running`. A process that
 * dies in here has moved the cursor or not; another host sees it late and finds no cursor, and looks here again.
 *
 * @throws the system's error; the cursor is then where it was
 */
export function findCursor({ primaryDirectory, build, directory, configured }: Renaming): FoundCursor {
  const read = readCursor(primaryDirectory, build);
  if (read.kind !== 'none') return read;
  const id = readBuildId(directory);
  // A directory that has never built for this primary cannot have been one of its builds.
  if (id === undefined && !existsSync(join(directory, 'Testing', 'TAG'))) return read;
  const orphans = orphanedCursors(primaryDirectory, configured);
  const same = orphans.filter(({ cursor }) => id !== undefined && cursor.home?.id === id);
  const certain = same.filter(({ cursor }) => cursor.home?.directory === directory);
  const [only] = certain;
  if (only !== undefined && certain.length === 1) {
    renameSync(cursorFile(primaryDirectory, only.name), cursorFile(primaryDirectory, build));
    return { kind: 'renamed', cursor: only.cursor, from: only.name };
  }
  // Those of older versions do not say whose they are.
  const possible = [...same, ...orphans.filter(({ cursor }) => cursor.home === undefined)];
  return possible.length === 0 ? read : { kind: 'unsure', names: possible.map(({ name }) => name).sort() };
}

export interface OrphanedCursor {
  readonly name: string;
  readonly cursor: Cursor;
}

/** The cursors that no configured build has. Those that cannot be read are left out. @throws the system's error */
export function orphanedCursors(primaryDirectory: string, configured: ReadonlySet<string>): OrphanedCursor[] {
  return cursorNames(primaryDirectory)
    .filter((name) => !configured.has(name))
    .flatMap((name) => {
      const read = readCursor(primaryDirectory, name);
      return read.kind === 'cursor' ? [{ name, cursor: read.cursor }] : [];
    });
}
