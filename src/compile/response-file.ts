import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { MOST_FILE_BYTES, MOST_FILES } from '../tables/compiles.js';

/** What a response file (`@file`) holds, if it is one that can be looked through. */
export type ResponseFile =
  | { readonly kind: 'text'; readonly text: string }
  /** Compilers then take `@file` literally. */
  | { readonly kind: 'absent' }
  /** A pipe, which can be read only once, or too large. */
  | { readonly kind: 'opaque' };

export type ReadResponseFile = (path: string) => ResponseFile;

/** An argument as the compiler will see it, and where the user wrote it. */
export interface Argument {
  readonly text: string;
  /** The index in the command, or undefined for what stands in a response file. */
  readonly at: number | undefined;
}

export interface Expansion {
  readonly args: readonly Argument[];
  /** A response file could not be looked through; its name stands among the arguments. */
  readonly opaque: boolean;
}

/** The arguments of a command from an index on, with those of its response files in their places. */
export function expand(command: readonly string[], from: number, read: ReadResponseFile): Expansion {
  const args: Argument[] = [];
  let files = 0;
  let opaque = false;
  const add = (text: string, at: number | undefined): void => {
    const file = text.startsWith('@') && text.length > 1 ? readNext(text.slice(1)) : ({ kind: 'absent' } as const);
    if (file.kind === 'opaque') opaque = true;
    if (file.kind === 'text') for (const word of splitWords(file.text)) add(word, undefined);
    else args.push({ text, at });
  };
  const readNext = (path: string): ResponseFile => {
    files++;
    return files > MOST_FILES ? { kind: 'opaque' } : read(path);
  };
  for (let at = from; at < command.length; at++) add(command[at] ?? '', at);
  return { args, opaque };
}

/**
 * The words of a response file by the rules of gcc and clang: white space separates them, quotes of both kinds and a
 * backslash protect what follows, everywhere.
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  let protectedNext = false;
  for (const character of text) {
    if (character === '\0') break;
    if (protectedNext) {
      word = (word ?? '') + character;
      protectedNext = false;
    } else if (character === '\\') {
      protectedNext = true;
      word ??= '';
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/[ \t\n\v\f\r]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** Reads a response file from the disk. */
export function readResponseFile(path: string): ResponseFile {
  let fd: number;
  try {
    // Not blocking: opening a named pipe would wait for a writer.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return { kind: 'absent' };
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > MOST_FILE_BYTES) return { kind: 'opaque' };
    return { kind: 'text', text: readFileSync(fd, 'utf8') };
  } catch {
    return { kind: 'opaque' };
  } finally {
    closeSync(fd);
  }
}
