import { basename, join } from 'node:path';
import { removeAbandoned } from '../files/abandoned.js';
import { replaceAtomically } from '../files/atomic-file.js';
import { namesIn, removeIfThere } from '../files/directory-entries.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import { array, count, object, optional, recordText, string, type TypeOf, time } from '../records/schema.js';
import { parseEntry } from '../spool/entry.js';
import { Spool } from '../spool/spool.js';
import { readSpooled, timeOfStem } from '../spool/spooled-record.js';
import { compactTime } from '../text/compact-time.js';
import { ADDRESS, LETTER, type Letter, recipientsOf } from './letter.js';

/*
 * A spool of mails is a directory with one file for each letter that a recipient has yet to get:
 *
 *     20020131T112100000Z-ID.json    the letter, and its remaining recipients; after a failed attempt the name says when that was
 *     no-way.json                    since when nothing can be sent, and why
 *     failed/                        letters that some recipient never got, the newest of them
 *     breakage/                      of each build, whether it is broken and who was told; see breakage.ts
 *
 * The name is made of the letter alone, its date and its id, so that a process that died and puts it there once more
 * changes nothing. A letter appears whole, and goes when every recipient has got it.
 */

/** A recipient who has not got a letter, and the server's answer; empty when there was none. */
const PENDING_RECIPIENT = object({ address: ADDRESS, why: string() });
export type PendingRecipient = TypeOf<typeof PENDING_RECIPIENT>;

/** The file of a letter. Times are ISO 8601. */
const SPOOLED = object({
  /** When it was put there. */
  since: time,
  tries: count,
  tried: optional(time),
  /** Until when it waits for letters that belong to it; counted from `tried`, which is then when it was put there. */
  notBefore: optional(time),
  /** Who has still to get it, with what came of the last attempt. */
  waiting: array(PENDING_RECIPIENT),
  /** Who will not get it. */
  refused: array(PENDING_RECIPIENT),
  letter: LETTER,
});

/** A letter in the spool. */
export type SpooledLetter = TypeOf<typeof SPOOLED> & {
  /** Its file. */
  readonly path: string;
};

/** What stands in a spool. */
export interface SpoolContent {
  /** Oldest first. */
  readonly letters: readonly SpooledLetter[];
  /** What is in the way, for a person to look at; it does not keep the others from being sent. */
  readonly problems: readonly string[];
}

const EXTENSION = '.json';
const STEM = /^(\d{8}T\d{9}Z)-([A-Za-z0-9._-]{1,100})$/;
/** Other users must not read mails, but the members of a team share the spool. */
export const MODE = 0o660;
const MOST_FAILED = 50;

/** The letters of a spool as a delivery sees them. */
export function lettersIn(spool: string): Spool<SpooledLetter> {
  return new Spool(spool, {
    stem: STEM,
    extension: EXTENSION,
    bornMs: ({ stem }) => timeOfStem(stem, STEM),
    read: (path) => readSpooled(path, SPOOLED, 'mail'),
  });
}

/**
 * Puts a letter into the spool. One whose id is there already, delivered in part perhaps, stays as it is.
 *
 * @throws the system's error, for example ENOSPC; then nothing of it is in the spool
 */
export function addLetter(spool: string, letter: Letter, now: Date): 'added' | 'there' | 'nobody' {
  if (recipientsOf(letter).length === 0) return 'nobody';
  ensureDirectory(spool);
  // In a large directory a look may miss what is being renamed by a delivery, but not twice.
  if (isThere(spool, letter) || isThere(spool, letter)) return 'there';
  // Not exclusively: only one process has this letter, and without hard links others would see an empty file for an instant.
  replaceAtomically(join(spool, nameOf(letter)), textOfFresh(letter, now), MODE);
  return 'added';
}

/** The name of a letter's file in a spool, before the first attempt to deliver it. */
export function nameOf({ date, id }: Letter): string {
  return `${compactTime(date)}-${id}${EXTENSION}`;
}

/** Whether a name is one of {@link nameOf}. */
export function isLetterName(name: string): boolean {
  return name.endsWith(EXTENSION) && STEM.test(name.slice(0, -EXTENSION.length));
}

/**
 * The content of the file of a letter that no recipient has got yet.
 *
 * @param notBefore until when it waits for letters that belong to it
 */
export function textOfFresh(letter: Letter, now: Date, notBefore?: Date): string {
  const since = now.toISOString();
  const until = notBefore === undefined ? {} : { tried: since, notBefore: notBefore.toISOString() };
  return recordText(SPOOLED, { letter, since, tries: 0, ...until, waiting: freshRecipients(letter), refused: [] }, 2);
}

/** All recipients of a letter that none has got. */
export function freshRecipients(letter: Letter): PendingRecipient[] {
  return recipientsOf(letter).map((address) => ({ address, why: '' }));
}

/** Everything in a spool. Empty when there is no spool. @throws the system's error */
export function readSpool(spool: string): SpoolContent {
  const { items, problems } = lettersIn(spool).readAll();
  return { letters: items, problems };
}

/** The newest letters that some recipient never got, oldest first: {@link SpooledLetter.refused} says who and why. */
export function readFailed(spool: string): SpoolContent {
  return readSpool(join(spool, 'failed'));
}

/** Whether anything waits in a spool; much cheaper than {@link readSpool}, since every run asks. @throws the system's error */
export function hasLetters(spool: string): boolean {
  return !lettersIn(spool).isEmpty();
}

/** Remembers what came of an attempt. @throws the system's error; what was known before then stays */
export function writeLetter(spooled: SpooledLetter): void {
  replaceAtomically(spooled.path, recordText(SPOOLED, spooled, 2), MODE);
}

/** A letter that every recipient has got. A process that dies before this sends it once more, under the same Message-ID. */
export function dropLetter({ path }: Pick<SpooledLetter, 'path'>): void {
  removeIfThere(path);
}

/**
 * Puts a letter away that some recipient will not get. A process that dies in between does it once more.
 *
 * @throws the system's error; then it is still in the spool
 */
export function giveUp(spool: string, spooled: SpooledLetter): void {
  const failed = join(spool, 'failed');
  ensureDirectory(failed);
  const { stem } = parseEntry(spool, basename(spooled.path), EXTENSION) ?? { stem: '' };
  replaceAtomically(join(failed, `${stem}${EXTENSION}`), recordText(SPOOLED, spooled, 2), MODE);
  removeIfThere(spooled.path);
  for (const name of namesIn(failed).filter(isLetterName).slice(0, -MOST_FAILED)) removeIfThere(join(failed, name));
}

/** Removes what processes have left that died while they put a letter away. @param nowMs milliseconds since 1970 */
export function tidyFailed(spool: string, nowMs: number): void {
  removeAbandoned(join(spool, 'failed'), nowMs);
}

function isThere(spool: string, { id }: Letter): boolean {
  return lettersIn(spool).has(({ stem }) => STEM.exec(stem)?.[2] === id);
}
