import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Build, Primary } from '../config/project.js';
import { removeIfThere } from '../files/directory-entries.js';
import { shellWord } from '../text/shell-word.js';
import { type Cursor, cursorFile, homeOf, readCursor, writeCursor } from '../updates/cursor.js';
import { findCursor } from '../updates/renamed.js';
import { RUNNING, secondaryLockName } from './names.js';
import { primaryOf } from './primary-of.js';
import type { RunContext } from './run-context.js';
import { inSection, type Sectioned, sectionFor } from './section.js';
import { layoutOf } from './temporary.js';

/** The cursor of a build for one of its runs. */
export type CursorOfRun =
  | { readonly kind: 'cursor'; readonly cursor: Cursor }
  /** It starts at the present. */
  | { readonly kind: 'none' }
  | { readonly kind: 'lost'; readonly message: string };

/** The cursor of a build, also under the name that it had before. @throws the system's error */
export function cursorOf(primary: Primary, build: Build, context: RunContext): CursorOfRun {
  const { configured } = context;
  if (configured === undefined) {
    const read = readCursor(primary.directory, build.name);
    return read.kind === 'unreadable' ? { kind: 'lost', message: read.message } : read;
  }
  const { directory, name } = build;
  const found = findCursor({ primaryDirectory: primary.directory, build: name, directory, configured });
  switch (found.kind) {
    case 'renamed':
      context.report({ kind: 'renamed', from: found.from });
      return { kind: 'cursor', cursor: found.cursor };
    case 'other': {
      const text = `its cursor belonged to the build directory ${found.home.directory}, which another build of the configuration now uses, and was kept for that build as ${found.aside}; this build starts from the current revision`;
      context.report({ kind: 'warning', text });
      return { kind: 'none' };
    }
    case 'unreadable':
      return { kind: 'lost', message: found.message };
    case 'unsure':
      return { kind: 'lost', message: explainUnsure(primary, build, found.names, context.configFile) };
    default:
      return found;
  }
}

function explainUnsure(primary: Primary, { name }: Build, names: readonly string[], configFile: string): string {
  const [old = ''] = names;
  return [
    `${name} has built before and has no cursor, so its next update is unknown; ${names.join(', ')} ${names.length === 1 ? 'has one and is' : 'have one and are'} not in the configuration. If ${old} was renamed to ${name}:`,
    `  stagelock --config ${shellWord(configFile)} rename ${shellWord(old)} ${shellWord(name)}`,
    `If it was not, remove the old cursor, and ${name} starts from the current revision:`,
    `  rm -- ${shellWord(cursorFile(primary.directory, old))}`,
  ].join('\n');
}

/** What became of a renaming. */
export type Renamed =
  | { readonly kind: 'renamed'; readonly record: number }
  /** A run of either is in progress or has left this lock. */
  | { readonly kind: 'running'; readonly path: string }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Gives a build the cursor that it had under another name. Within the critical section, in which no secondary joins.
 *
 * A process that dies here leaves the cursor under the old name or under both; then the same command completes the change. Another
 * host that looks too early finds no cursor under the new name.
 *
 * @param from no build of the configuration
 * @throws the system's error; LockError
 */
export async function renameBuild(from: string, build: Build): Promise<Sectioned<Renamed>> {
  const primary = primaryOf(build);
  const { temporary } = layoutOf(primary.directory);
  return inSection(temporary, sectionFor(primary), (): Renamed => {
    const marks = [from, build.name].map((name) => join(temporary, secondaryLockName(name)));
    const locks = [join(layoutOf(build.directory).temporary, RUNNING), ...marks];
    const path = locks.find((lock) => lstatSync(lock, { throwIfNoEntry: false }) !== undefined);
    if (path !== undefined) return { kind: 'running', path };
    const old = readCursor(primary.directory, from);
    if (old.kind === 'unreadable') return { kind: 'refused', why: old.message };
    if (old.kind === 'none') return { kind: 'refused', why: `${from} has no cursor in ${primary.directory}` };
    const own = readCursor(primary.directory, build.name);
    if (own.kind === 'unreadable') return { kind: 'refused', why: own.message };
    const { record } = old.cursor;
    if (own.kind === 'cursor' && own.cursor.completed && own.cursor.record !== record) {
      const why = `${build.name} has since built up to record ${own.cursor.record} under its own name`;
      return { kind: 'refused', why };
    }
    const home = homeOf(build.directory);
    const { home: _, ...cursor } = old.cursor;
    writeCursor(primary.directory, build.name, { ...cursor, ...(home && { home }) });
    removeIfThere(cursorFile(primary.directory, from));
    return { kind: 'renamed', record };
  });
}
