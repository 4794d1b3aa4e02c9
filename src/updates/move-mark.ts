import { join } from 'node:path';
import { createExclusively, readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { removeIfThere } from '../files/directory-entries.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import { errorCode } from '../host/error-code.js';
import { jsonObject } from '../text/json.js';
import { shown } from '../text/shown.js';
import { syncDirectory } from './journal.js';
import type { BrokenMove } from './version-control.js';

/**
 * That the source may be half moved, as a fact on disk: from which revision to which, and by which run.
 *
 * The primary writes it before the first step that touches the source, and removes it when the record of the update is
 * in the journal or the tree has been proved to be a revision. In between it stands, whatever dies: a crash leaves it,
 * and so does `stagelock unlock`. No build uses the source while it stands; the next run of the primary repairs it.
 *
 * It lies beside the journal and not among the stage locks, since people clear those by habit.
 */
export interface MoveMark extends Omit<BrokenMove, 'otherHost'> {
  readonly format: 1;
  /** The run that moves, as its processes have it in their environment. */
  readonly run: string;
  /** Its host, as {@link Host} names it, and that host's boot. */
  readonly host: string;
  readonly bootId?: string;
  readonly user: string;
  readonly buildstamp: string;
  /** ISO 8601, UTC, by the clock of `host`. */
  readonly since: string;
  readonly logFile: string;
}

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
  const mark = parseMark(text);
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
  const text = `${JSON.stringify(mark, undefined, 1)}\n`;
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

/** Reads the text of a mark; undefined when it is none. */
function parseMark(text: string): MoveMark | undefined {
  const fields = jsonObject(text);
  if (fields === undefined) return undefined;
  const words = ['from', 'run', 'host', 'user', 'buildstamp', 'since', 'logFile'];
  const { local } = fields;
  const isWhole =
    fields['format'] === 1 &&
    words.every((word) => typeof fields[word] === 'string') &&
    ['to', 'bootId'].every((word) => fields[word] === undefined || typeof fields[word] === 'string') &&
    Array.isArray(local) &&
    local.every((path) => typeof path === 'string');
  return isWhole ? (fields as unknown as MoveMark) : undefined;
}
