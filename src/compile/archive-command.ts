import { matches } from '../tables/pattern.js';
import {
  ARCHIVE_CHANGES,
  ARCHIVE_COUNTS,
  ARCHIVE_OPERATIONS,
  ARCHIVE_OPTIONS,
  ARCHIVE_PLACES,
  ARCHIVE_QUESTIONS,
  ARCHIVE_READINGS,
  ARCHIVE_WORD_OPTIONS,
  INDEX_QUESTIONS,
  INDEX_WORD_OPTIONS,
} from '../tables/tools.js';
import type { Argument } from './response-file.js';

export type ArchiveCommand =
  /** The archive that is made or changed: the index of the argument that names it. */
  { readonly kind: 'changes'; readonly argument: number; readonly path: string } | { readonly kind: 'reads' };

const READS: ArchiveCommand = { kind: 'reads' };

const hasOneOf = (text: string, letters: string): boolean => [...text].some((letter) => letters.includes(letter));

/**
 * Reads the arguments of ar: `[options] [-]LETTERS [MEMBER] [COUNT] ARCHIVE FILE...`. What lists, prints and extracts
 * only reads the archive; so does, for us, what cannot be told apart.
 */
export function readArchiveCommand(args: readonly Argument[]): ArchiveCommand {
  let letters = '';
  const words: number[] = [];
  for (let index = 0; index < args.length; index++) {
    const text = args[index]?.text ?? '';
    if (matches(text, ARCHIVE_QUESTIONS)) return READS;
    if (matches(text, ARCHIVE_WORD_OPTIONS)) index++;
    else if (matches(text, ARCHIVE_OPTIONS)) continue;
    else if (text.startsWith('-')) letters += text.slice(1);
    else if (!hasOneOf(letters, ARCHIVE_OPERATIONS) && words.length === 0) letters += text;
    else words.push(index);
  }
  if (!hasOneOf(letters, ARCHIVE_CHANGES) || hasOneOf(letters, ARCHIVE_READINGS)) return READS;
  const before = (hasOneOf(letters, ARCHIVE_PLACES) ? 1 : 0) + (hasOneOf(letters, ARCHIVE_COUNTS) ? 1 : 0);
  return changes(args, words[before]);
}

/** Reads the arguments of ranlib, which changes the archives that it names. */
export function readIndexCommand(args: readonly Argument[]): ArchiveCommand {
  const words: number[] = [];
  for (let index = 0; index < args.length; index++) {
    const text = args[index]?.text ?? '';
    if (matches(text, INDEX_WORD_OPTIONS)) index++;
    else if (text.startsWith('--') || (text.startsWith('-') && hasOneOf(text, INDEX_QUESTIONS))) return READS;
    else if (!text.startsWith('-')) words.push(index);
  }
  return words.length === 1 ? changes(args, words[0]) : READS;
}

function changes(args: readonly Argument[], argument: number | undefined): ArchiveCommand {
  const path = argument === undefined ? undefined : args[argument]?.text;
  return argument === undefined || path === undefined ? READS : { kind: 'changes', argument, path };
}
