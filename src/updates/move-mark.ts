import { join } from 'node:path';
import { createExclusively, readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { removeIfThere } from '../files/directory-entries.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import { errorCode } from '../host/error-code.js';
import { array, object, oneOf, optional, parseRecord, recordText, string, type TypeOf } from '../records/schema.js';
import { shown } from '../text/shown.js';
import { syncDirectory } from './journal.js';

/**
 * That the source may be half moved, as a fact on disk: from which revision to which, and by which run.
 *
 * The primary writes it before the first step that touches the source, and removes it when the record of the update is
 * in the journal or the tree has been proved to be a revision. In between it stands, whatever dies: a crash leaves it,
 * and so does `stagelock unlock`. No build uses the source while it stands; the next run of the primary repairs it.
 *
 * It lies beside the journal and not among the stage locks, since people clear those by habit.
 */
const MARK = object({
  format: oneOf(1),
  /** As in {@link BrokenMove}. */
  from: string(),
  to: optional(string()),
  local: array(string()),
  /** The run that moves, as its processes have it in their environment. */
  run: string(),
  /** Its host, as {@link Host} names it, and that host's boot. */
  host: string(),
  bootId: optional(string()),
  user: string(),
  buildstamp: string(),
  /** ISO 8601, UTC, by the clock of `host`. */
  since: string(),
  logFile: string(),
});
export type MoveMark = TypeOf<typeof MARK>;

export type MarkRead =
  | { readonly kind: 'none' }
  | { readonly kind: 'mark'; readonly file: string; readonly mark: MoveMark }
  /** Something stands there that is no mark of ours. It still keeps builds away. */
  | { readonly kind: 'unreadable'; readonly file: string };

/** More paths than this were hardly changed by a person. */
const LIMIT = 16 * 1024 * 1024;

/** The file of the mark in a journal. */
function markFile(journal: string): string {
  return join(journal, 'moving.json');
}

/** @throws the system's error when it cannot be read at all (EACCES, EIO): that says nothing about the source */
export function readMark(journal: string): MarkRead {
  const file = markFile(journal);
  let text: string | undefined;
  try {
    text = readRegularFile(file, LIMIT);
  } catch (error) {
    // A link, a directory or a socket stands there, or a file that is too long.
    if (errorCode(error) === undefined || errorCode(error) === 'ENXIO') return { kind: 'unreadable', file };
    throw error;
  }
  if (text === undefined) return { kind: 'none' };
  const mark = parseRecord(MARK, text);
  return mark === undefined ? { kind: 'unreadable', file } : { kind: 'mark', file, mark };
}

/**
 * Writes the mark, or replaces that of an earlier update which has been repaired. When this returns, it is on the disk:
 * what moves afterwards must not survive a power cut that the mark does not.
 *
 * A process that dies here leaves the old mark, none or this one, and the source untouched.
 *
 * @throws the system's error, for example ENOSPC; nothing may be moved then
 */
export function writeMark(journal: string, mark: MoveMark): void {
  ensureDirectory(journal);
  const text = recordText(MARK, mark, 1);
  // Only this run may write here, since it holds `update`; what stands here has been repaired by it.
  if (createExclusively(markFile(journal), text) === 'exists') replaceAtomically(markFile(journal), text);
  syncDirectory(journal);
}

/** Removes the mark. A process that dies right before leaves it, and the next run proves the tree once more. */
export function removeMark(journal: string): void {
  removeIfThere(markFile(journal));
}

/** Which update a mark speaks of. */
export function describeMark({ from, to, buildstamp, host }: MoveMark): string {
  const [target, where] = [to === undefined ? 'what its command brings' : shown(to, 80), shown(host, 255)];
  return `of ${shown(buildstamp, 80)} on ${where}, from ${shown(from, 80)} to ${target}`;
}
