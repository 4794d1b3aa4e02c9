/** A version control system, as records name it. */
export type SystemName = 'git' | 'svn' | 'hg' | 'cvs';

/** One file that a change touched. */
export interface ChangedFile {
  /** Path relative to the source tree, as the version control system names it. */
  readonly path: string;
  readonly status: 'added' | 'modified' | 'deleted' | 'renamed' | 'copied' | 'type-changed';
  /** Where a renamed or copied file came from. */
  readonly oldPath?: string;
  /** Its revision after and before, where each file has its own (CVS). */
  readonly revision?: string;
  readonly prior?: string;
}

/** One commit. */
export interface Change {
  readonly revision: string;
  readonly author: string;
  readonly email: string;
  /** ISO 8601 with the author's own offset. */
  readonly date: string;
  readonly committer: string;
  readonly committerEmail: string;
  readonly committedDate: string;
  /** The whole message. */
  readonly log: string;
  readonly files: readonly ChangedFile[];
}

/**
 * One update of the source by the primary, immutable once written into its journal. It spans from the revision of the
 * record before it to the revision the source has now, so that nothing between two records can be lost, whatever
 * crashed meanwhile.
 */
export interface UpdateRecord {
  readonly format: 1;
  /** 1 for the first record of a journal, then counting up without gaps. */
  readonly sequence: number;
  /** Of the primary's run that wrote it. */
  readonly buildstamp: string;
  readonly type: SystemName;
  /** The revision of the record before; equal to `revision` in the first record, which only marks the start. */
  readonly prior: string;
  readonly revision: string;
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly ended: string;
  /** Oldest first. */
  readonly changes: readonly Change[];
  /** Uncommitted changes in the tree; absent when nothing. */
  readonly modified?: readonly string[];
  /** Files in which the update and such changes could not be brought together; absent when there are none. */
  readonly conflicting?: readonly string[];
}

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
  return isRecord(value) ? value : 'not an update record of format 1';
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

const SYSTEMS: ReadonlySet<unknown> = new Set<SystemName>(['git', 'svn', 'hg', 'cvs']);

const STATUSES: ReadonlySet<unknown> = new Set<ChangedFile['status']>([
  'added',
  'modified',
  'deleted',
  'renamed',
  'copied',
  'type-changed',
]);

function isRecord(value: unknown): value is UpdateRecord {
  return (
    isObject(value) &&
    value['format'] === 1 &&
    Number.isSafeInteger(value['sequence']) &&
    SYSTEMS.has(value['type']) &&
    areStrings(value, ['buildstamp', 'prior', 'revision']) &&
    isTime(value['started']) &&
    isTime(value['ended']) &&
    isListOf(value['changes'], isChange) &&
    isOptional(value['modified'], areAllStrings) &&
    isOptional(value['conflicting'], areAllStrings)
  );
}

function isChange(value: unknown): value is Change {
  return (
    isObject(value) &&
    areStrings(value, ['revision', 'author', 'email', 'date', 'committer', 'committerEmail', 'committedDate', 'log']) &&
    isListOf(value['files'], isChangedFile)
  );
}

function isChangedFile(value: unknown): value is ChangedFile {
  return (
    isObject(value) &&
    typeof value['path'] === 'string' &&
    STATUSES.has(value['status']) &&
    ['oldPath', 'revision', 'prior'].every((name) => isOptional(value[name], isString))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function areStrings(value: Record<string, unknown>, names: readonly string[]): boolean {
  return names.every((name) => typeof value[name] === 'string');
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

const isString = (value: unknown): value is string => typeof value === 'string';

const areAllStrings = (value: unknown): boolean => isListOf(value, isString);

function isOptional(value: unknown, guard: (value: unknown) => boolean): boolean {
  return value === undefined || guard(value);
}

function isListOf<T>(value: unknown, guard: (entry: unknown) => entry is T): value is T[] {
  return Array.isArray(value) && value.every(guard);
}
