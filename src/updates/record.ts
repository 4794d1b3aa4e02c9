import { array, integer, object, oneOf, optional, string, type TypeOf, time } from '../records/schema.js';

/** A version control system, as records name it. */
const SYSTEM = oneOf('git', 'svn', 'hg', 'cvs');
export type SystemName = TypeOf<typeof SYSTEM>;

/** One file that a change touched. */
const CHANGED_FILE = object({
  /** Path relative to the source tree, as the version control system names it. */
  path: string(),
  status: oneOf('added', 'modified', 'deleted', 'renamed', 'copied', 'type-changed'),
  /** Where a renamed or copied file came from. */
  oldPath: optional(string()),
  /** Its revision after and before, where each file has its own (CVS). */
  revision: optional(string()),
  prior: optional(string()),
});
export type ChangedFile = TypeOf<typeof CHANGED_FILE>;

/** One commit. */
const CHANGE = object({
  revision: string(),
  author: string(),
  email: string(),
  /** ISO 8601 with the author's own offset. */
  date: string(),
  committer: string(),
  committerEmail: string(),
  committedDate: string(),
  /** The whole message. */
  log: string(),
  files: array(CHANGED_FILE),
});
export type Change = TypeOf<typeof CHANGE>;

/**
 * One update of the source by the primary, immutable once written into its journal. It spans from the revision of the
 * record before it to the revision the source has now, so that nothing between two records can be lost, whatever
 * crashed meanwhile.
 */
const UPDATE = object({
  format: oneOf(1),
  /** 1 for the first record of a journal, then counting up without gaps. */
  sequence: integer(),
  /** Of the primary's run that wrote it. */
  buildstamp: string(),
  type: SYSTEM,
  /** The revision of the record before; equal to `revision` in the first record, which only marks the start. */
  prior: string(),
  revision: string(),
  /** ISO 8601, UTC. */
  started: time,
  ended: time,
  /** Oldest first. */
  changes: array(CHANGE),
  /** Uncommitted changes in the tree; absent when nothing. */
  modified: optional(array(string())),
  /** Files in which the update and such changes could not be brought together; absent when there are none. */
  conflicting: optional(array(string())),
});
export type UpdateRecord = TypeOf<typeof UPDATE>;

/** What decisions need of a record, whatever it has brought. Stands before its changes. */
export type RecordHead = Omit<UpdateRecord, 'changes' | 'modified' | 'conflicting'>;

/** All records after a build's cursor, as one update. */
export interface MergedUpdate {
  readonly type: SystemName;
  /** Sequence numbers of the records merged, oldest first; empty when there was nothing new. */
  readonly records: readonly number[];
  readonly prior: string;
  readonly revision: string;
  readonly started: string;
  readonly ended: string;
  /** Oldest first, each revision once. */
  readonly changes: readonly Change[];
  /** As of the last record; empty when there is none. */
  readonly modified: readonly string[];
  readonly conflicting: readonly string[];
}

/**
 * Reads the text of a record and checks all of it: what stands in a file is only known after a look.
 *
 * @returns the record, or a string that says what is wrong with the text
 */
export function parseRecord(text: string): UpdateRecord | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text.trim() === '' ? 'empty' : 'not JSON, or cut off';
  }
  // Not copied: it may be of any length, and nothing but what it names is looked at.
  return UPDATE.check(value) ? value : 'not an update record of format 1';
}

/** Where the changes begin in the text of a record, and how it ends: at these indentations nothing else can, for a line end in a text is `\\n`. */
const [CHANGES, END] = ['\n "changes": [', '\n}\n'];

/**
 * The head of a record that is longer than what was read of it.
 *
 * @param beginning of its text
 * @param ending the last bytes of its text
 * @returns undefined where that cannot be told from them: it is not whole, or written in another way
 */
export function parseHead(beginning: string, ending: string): RecordHead | undefined {
  const end = beginning.indexOf(CHANGES);
  if (end < 0 || !ending.endsWith(END)) return undefined;
  const record = parseRecord(`${beginning.slice(0, end)}${CHANGES}]}`);
  if (typeof record === 'string') return undefined;
  const { changes: _none, ...head } = record;
  return head;
}
