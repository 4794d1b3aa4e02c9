import { closeSync, fsyncSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createExclusively, readEnds, readRegularFile } from '../files/atomic-file.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import { errorCode } from '../host/error-code.js';
import { parseHead, parseRecord, type RecordHead, type UpdateRecord } from './record.js';

/** What can be wrong with a journal. Each names the file and can be told to a person as it is. */
export type JournalProblem =
  /** A file that holds no whole record: half written when the disk was full or the power went. */
  | { readonly kind: 'unreadable'; readonly sequence: number; readonly file: string; readonly message: string }
  /** A record that must be there is not. */
  | { readonly kind: 'gap'; readonly sequence: number; readonly file: string; readonly message: string }
  /** A record does not begin where the one before it ended, so an update between them is lost. */
  | { readonly kind: 'broken-chain'; readonly sequence: number; readonly file: string; readonly message: string }
  /** The asked-for sequence number lies beyond the newest record: the journal was made anew or set back. */
  | { readonly kind: 'ahead'; readonly sequence: number; readonly file: string; readonly message: string };

/** The newest end of a journal. */
export interface Newest<Part = UpdateRecord> {
  /** The newest record that can be read; undefined in a journal without any. */
  readonly record: Part | undefined;
  /** The highest sequence number taken, readable or not; 0 in an empty journal. The next record takes the one after. */
  readonly sequence: number;
  /** Unreadable files after `record`. The next record must span them, and does when it begins at `record.revision`. */
  readonly problems: readonly JournalProblem[];
}

/** All records after a cursor. */
export type RecordsAfter =
  | {
      readonly kind: 'records';
      /** Oldest first, unbroken. */
      readonly records: readonly UpdateRecord[];
      /** Unreadable files among or after them; the records that were read span what those would have said. */
      readonly problems: readonly JournalProblem[];
    }
  /** What lies after the cursor cannot be told completely; nothing may be built on a part of it. */
  | { readonly kind: 'lost'; readonly problem: JournalProblem };

/** A record of an update is as large as its commits; a branch that was replaced by an unrelated one has many. */
const RECORD_LIMIT = 256 * 1024 * 1024;
/** What is read of a record for a decision, in bytes: revisions of Subversion name their externals. */
const HEAD = 16 * 1024;
const TAIL = 8;

/** Where the primary with this build directory keeps its journal. */
export function journalDirectory(primaryDirectory: string): string {
  return join(primaryDirectory, 'Testing', 'Updates');
}

/** The file of a record: eight digits, so that the order of the names is the order of the records. */
export function recordFile(journal: string, sequence: number): string {
  return join(journal, `${String(sequence).padStart(8, '0')}.json`);
}

/** The highest sequence number taken, 0 in an empty or absent journal. Reads only the names. */
export function lastSequence(journal: string): number {
  return sequences(journal).at(-1) ?? 0;
}

/**
 * The newest record. Reads the names and, unless files at the end are unreadable, one file.
 *
 * @throws the system's error when a file is there but cannot be read at all (EACCES, EIO, ESTALE): that says nothing
 *   about what it holds
 */
export function lastRecord(journal: string): Newest {
  return newestBy(journal, readRecord);
}

/**
 * The head of the newest record, at the same cost whatever that has brought. Its middle is not looked at: who writes the next one
 * asks {@link lastRecord}.
 *
 * @throws the system's error, likewise
 */
export function lastHead(journal: string): Newest<RecordHead> {
  return newestBy(journal, readHead);
}

function newestBy<Part>(journal: string, read: (journal: string, sequence: number) => Read<Part>): Newest<Part> {
  const taken = sequences(journal);
  const problems: JournalProblem[] = [];
  for (const sequence of taken.toReversed()) {
    const found = read(journal, sequence);
    if (found.kind === 'record') return { record: found.record, sequence: taken.at(-1) ?? 0, problems };
    problems.unshift(found);
  }
  return { record: undefined, sequence: taken.at(-1) ?? 0, problems };
}

/**
 * The newest records that can be read, oldest first, at most as many as asked for; and the number of the very newest.
 *
 * @throws the system's error when a file is there but cannot be read at all
 */
export function newestRecords(
  journal: string,
  count: number,
): { readonly newest: number; readonly records: UpdateRecord[]; readonly problems: JournalProblem[] } {
  const taken = sequences(journal);
  const records: UpdateRecord[] = [];
  const problems: JournalProblem[] = [];
  for (const sequence of taken.slice(-count)) {
    const read = readRecord(journal, sequence);
    if (read.kind === 'record') records.push(read.record);
    else problems.push(read);
  }
  return { newest: taken.at(-1) ?? 0, records, problems };
}

/** The numbers of the newest records, oldest first. Reads only the names. */
export function newestSequences(journal: string, count: number): number[] {
  return sequences(journal).slice(-count);
}

/**
 * One record, for those who can do without it.
 *
 * @param most bytes
 * @returns undefined when it is not there, cannot be read or is longer
 */
export function recordAt(journal: string, sequence: number, most: number): UpdateRecord | undefined {
  try {
    const text = readRegularFile(recordFile(journal, sequence), most);
    const record = text === undefined ? undefined : parseRecord(text);
    return typeof record === 'string' ? undefined : record;
  } catch {
    return undefined;
  }
}

/**
 * The heads of the oldest records, oldest first, as far as they can be read; each is read when it is asked for. Never the
 * newest one of all.
 *
 * @throws the system's error when a file is there but cannot be read at all
 */
export function* oldestHeads(journal: string): Generator<RecordHead, void> {
  for (const sequence of sequences(journal).slice(0, -1)) {
    const read = readHead(journal, sequence);
    if (read.kind !== 'record') return;
    yield read.record;
  }
}

/**
 * All records after the one with the given number, 0 for all there are.
 *
 * An unreadable record is passed over when the next readable one begins where the last readable one ended: the run that
 * wrote it could not read it either and spanned what it stood for. Nothing is lost then. Anything else that is missing
 * is `lost`.
 *
 * @throws the system's error when a file is there but cannot be read at all
 */
export function recordsAfter(journal: string, sequence: number): RecordsAfter {
  const taken = sequences(journal);
  const last = taken.at(-1) ?? 0;
  if (sequence > last) return { kind: 'lost', problem: ahead(journal, sequence, last) };
  const records: UpdateRecord[] = [];
  const problems: JournalProblem[] = [];
  const there = new Set(taken);
  for (let next = sequence + 1; next <= last; next++) {
    if (!there.has(next)) return { kind: 'lost', problem: gap(journal, next) };
    const read = readRecord(journal, next);
    if (read.kind === 'unreadable') {
      problems.push(read);
      continue;
    }
    if (read.kind !== 'record') return { kind: 'lost', problem: read };
    const before = records.at(-1) ?? (problems.length > 0 ? headAt(journal, sequence) : undefined);
    if (before && before.revision !== read.record.prior) {
      return { kind: 'lost', problem: brokenChain(journal, before, read.record) };
    }
    records.push(read.record);
  }
  return { kind: 'records', records, problems };
}

/**
 * The head of the record with this number, or undefined when there is none that can be read.
 *
 * @throws the system's error when a file is there but cannot be read at all
 */
export function headAt(journal: string, sequence: number): RecordHead | undefined {
  const read = readHead(journal, sequence);
  return read.kind === 'record' ? read.record : undefined;
}

/**
 * Adds a record, which takes the number after `lastRecord(journal).sequence` and is never changed again. When this
 * returns, it is on the disk: a build's cursor that passes it must not survive a power cut that the record does not.
 *
 * A process that dies here leaves the whole record or none, and at most a `.PID.RANDOM.tmp` beside it. Without the
 * record nothing is lost: the next one begins at the revision of the last one that is there.
 *
 * @returns `exists` when the number is taken: another run of the primary wrote meanwhile, so the stage locks failed
 * @throws the system's error, for example ENOSPC or EROFS; the journal is then as it was, except that on a file system
 *   with neither link(2) nor renameat2(2) an empty file may have taken the number, which `lastRecord` reports
 */
export function append(journal: string, record: UpdateRecord): 'appended' | 'exists' {
  ensureDirectory(journal);
  const file = recordFile(journal, record.sequence);
  if (createExclusively(file, `${JSON.stringify(record, undefined, 1)}\n`) === 'exists') return 'exists';
  syncDirectory(journal);
  return 'appended';
}

function sequences(journal: string): number[] {
  let names: string[];
  try {
    names = readdirSync(journal);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((name) => /^(?:\d{8}|[1-9]\d{8,14})\.json$/.test(name))
    .map((name) => Number.parseInt(name, 10))
    .sort((a, b) => a - b);
}

type Read<Part> = { readonly kind: 'record'; readonly record: Part } | JournalProblem;

function readHead(journal: string, sequence: number): Read<RecordHead> {
  const ends = readEnds(recordFile(journal, sequence), HEAD, TAIL, RECORD_LIMIT);
  const record = ends === undefined || ends.isWhole ? undefined : parseHead(ends.head, ends.tail);
  // Also one that other hands have written, and one that has something else before its changes.
  return record?.sequence === sequence ? { kind: 'record', record } : readRecord(journal, sequence);
}

function readRecord(journal: string, sequence: number): Read<UpdateRecord> {
  const file = recordFile(journal, sequence);
  const text = readRegularFile(file, RECORD_LIMIT);
  if (text === undefined) return gap(journal, sequence);
  const record = parseRecord(text);
  const wrong = typeof record === 'string' ? record : misplaced(record, sequence);
  if (wrong === undefined && typeof record !== 'string') return { kind: 'record', record };
  return { kind: 'unreadable', sequence, file, message: `${file} holds no whole update record: ${wrong}` };
}

function misplaced(record: RecordHead, sequence: number): string | undefined {
  return record.sequence === sequence ? undefined : `it is record ${record.sequence} under another name`;
}

function gap(journal: string, sequence: number): JournalProblem {
  const file = recordFile(journal, sequence);
  return { kind: 'gap', sequence, file, message: `${file} is missing from the journal of updates` };
}

function ahead(journal: string, sequence: number, last: number): JournalProblem {
  const file = recordFile(journal, sequence);
  const message = `the update in ${file} was already built, but the journal of updates ends at record ${last}; was the file removed?`;
  return { kind: 'ahead', sequence, file, message };
}

function brokenChain(journal: string, before: RecordHead, record: RecordHead): JournalProblem {
  const file = recordFile(journal, record.sequence);
  const message = `${file} begins at ${record.prior}, but record ${before.sequence} before it ended at ${before.revision}`;
  return { kind: 'broken-chain', sequence: record.sequence, file, message };
}

/** After a power cut the name must be there too. Some file systems cannot do this for a directory; they have their own ways. */
export function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EBADF', 'ENOSYS'].includes(errorCode(error) ?? '')) throw error;
  } finally {
    closeSync(fd);
  }
}
