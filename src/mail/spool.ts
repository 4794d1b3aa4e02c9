import { basename, join } from 'node:path';
import { removeAbandoned } from '../files/abandoned.js';
import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { namesIn, removeIfThere } from '../files/directory-entries.js';
import { ensureDirectory } from '../files/ensure-directory.js';
import type { Attempts } from '../submission/patience.js';
import { errorText } from '../text/error-text.js';
import { isCount, isLetter, isMailbox, isTime, type Letter, recipientsOf } from './letter.js';

/*
 * A spool of mails is a directory with one file for each letter that somebody has still to get:
 *
 *     20020131T112100000Z-ID.json    the letter, and who has still to get it
 *     no-way.json                    since when nothing can be sent, and why
 *     failed/                        letters that somebody never got, the newest of them
 *     breakage/                      of each build, whether it is broken and who was told; see breakage.ts
 *
 * The name is made of the letter alone, its date and its id, so that a process that died and puts it there once more
 * changes nothing. A letter appears whole, and goes when everybody has got it.
 */

/** Somebody who has not got a letter, and what was said to that; empty when nothing was. */
export interface Missed {
  readonly address: string;
  readonly why: string;
}

/** A letter in the spool. Times are ISO 8601. */
export interface SpooledLetter extends Attempts {
  /** Its file. */
  readonly path: string;
  readonly letter: Letter;
  /** When it was put there. */
  readonly since: string;
  /** Who has still to get it, with what came of the last attempt. */
  readonly waiting: readonly Missed[];
  /** Who will not get it. */
  readonly refused: readonly Missed[];
}

/** What stands in a spool. */
export interface SpoolContent {
  /** Oldest first. */
  readonly letters: readonly SpooledLetter[];
  /** What is in the way, for a person to look at; it does not keep the others from being sent. */
  readonly problems: readonly string[];
}

const NAME = /^\d{8}T\d{9}Z-([A-Za-z0-9._-]{1,100})\.json$/;
/** More than any excerpt in a letter comes to. */
const LONGEST = 4 * 1024 * 1024;
/** Mails are nobody else's business, but a team's share the spool. */
const MODE = 0o660;
const MOST_FAILED = 50;

/**
 * Puts a letter into the spool. One whose id is there already, delivered in part perhaps, stays as it is.
 *
 * @throws the system's error, for example ENOSPC; then nothing of it is in the spool
 */
export function addLetter(spool: string, letter: Letter, now: Date): 'added' | 'there' | 'nobody' {
  if (recipientsOf(letter).length === 0) return 'nobody';
  ensureDirectory(spool);
  if (letterNames(spool).some((name) => NAME.exec(name)?.[1] === letter.id)) return 'there';
  // Not exclusively: only one process has this letter, and without hard links others would see an empty file for an instant.
  replaceAtomically(join(spool, nameOf(letter)), textOfFresh(letter, now), MODE);
  return 'added';
}

/** The name of a letter's file in a spool. */
export function nameOf({ date, id }: Letter): string {
  return `${new Date(date).toISOString().replaceAll(/[-:.]/g, '')}-${id}.json`;
}

/** Whether a name is one of {@link nameOf}. */
export function isLetterName(name: string): boolean {
  return NAME.test(name);
}

/** The content of the file of a letter that nobody has got yet. */
export function textOfFresh(letter: Letter, now: Date): string {
  const waiting = recipientsOf(letter).map((address) => ({ address, why: '' }));
  return textOf({ letter, since: now.toISOString(), tries: 0, waiting, refused: [] });
}

/** Everything in a spool. Empty when there is no spool. @throws the system's error */
export function readSpool(spool: string): SpoolContent {
  const letters: SpooledLetter[] = [];
  const problems: string[] = [];
  for (const name of letterNames(spool)) {
    const read = readLetter(join(spool, name));
    if (typeof read === 'string') problems.push(read);
    else if (read !== undefined) letters.push(read);
  }
  return { letters, problems };
}

/** The newest letters that somebody never got, oldest first: {@link SpooledLetter.refused} says who and why. */
export function readFailed(spool: string): SpoolContent {
  return readSpool(join(spool, 'failed'));
}

/** Whether anything waits in a spool; much cheaper than {@link readSpool}, since every run asks. @throws the system's error */
export function hasLetters(spool: string): boolean {
  return letterNames(spool).length > 0;
}

/** Remembers what came of an attempt. @throws the system's error; what was known before then stays */
export function writeLetter(spooled: SpooledLetter): void {
  replaceAtomically(spooled.path, textOf(spooled), MODE);
}

/** A letter that everybody has got. A process that dies before this sends it once more, under the same Message-ID. */
export function dropLetter({ path }: SpooledLetter): void {
  removeIfThere(path);
}

/**
 * Puts a letter away that somebody will not get. A process that dies in between does it once more.
 *
 * @throws the system's error; then it is still in the spool
 */
export function giveUp(spool: string, spooled: SpooledLetter): void {
  const failed = join(spool, 'failed');
  ensureDirectory(failed);
  replaceAtomically(join(failed, basename(spooled.path)), textOf(spooled), MODE);
  removeIfThere(spooled.path);
  for (const name of letterNames(failed).slice(0, -MOST_FAILED)) removeIfThere(join(failed, name));
}

/** Removes what processes have left that died while they wrote in a spool. @param nowMs milliseconds since 1970 */
export function tidySpool(spool: string, nowMs: number): void {
  for (const directory of [spool, join(spool, 'failed')]) removeAbandoned(directory, nowMs);
}

/** @returns undefined when somebody has just sent it */
function readLetter(path: string): SpooledLetter | string | undefined {
  try {
    const text = readRegularFile(path, LONGEST);
    if (text === undefined) return undefined;
    const value: unknown = JSON.parse(text);
    if (isSpooled(value)) return { ...value, path };
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      return `the mail in ${path} cannot be sent: ${errorText(error)}`;
    }
  }
  return `the mail in ${path} cannot be sent: it is not what stagelock has written; look at it and remove it`;
}

function isSpooled(value: unknown): value is Omit<SpooledLetter, 'path'> {
  if (typeof value !== 'object' || value === null) return false;
  const { letter, since, tries, tried, notBefore, waiting, refused } = value as Record<keyof SpooledLetter, unknown>;
  return (
    isLetter(letter) &&
    isTime(since) &&
    isCount(tries) &&
    [tried, notBefore].every((time) => time === undefined || isTime(time)) &&
    areMissed(waiting) &&
    areMissed(refused)
  );
}

function areMissed(value: unknown): boolean {
  return (
    Array.isArray(value) && value.every((each) => isMailbox(each) && 'why' in each && typeof each.why === 'string')
  );
}

function textOf({ since, tries, tried, waiting, refused, letter }: Omit<SpooledLetter, 'path'>): string {
  return `${JSON.stringify({ since, tries, tried, waiting, refused, letter }, undefined, 2)}\n`;
}

function letterNames(directory: string): string[] {
  return namesIn(directory).filter((name) => NAME.test(name));
}
