import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { readPart } from '../files/file-part.js';
import { errorText } from '../text/error-text.js';
import { logText } from '../text/log-text.js';
import { shown } from '../text/shown.js';

/*
 * What a mail quotes of a log, however large that is. What matters in a log is at its end; what matters in the messages of
 * a job is at both ends.
 */

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** How much of a text is quoted. */
export interface Size {
  /** As UTF-8; what is said of the rest comes on top. */
  readonly bytes: number;
  readonly lines: number;
}

/**
 * The last lines of a file, with one line before them that says what was left out. Reads no more than it quotes.
 *
 * @param start nothing before it is quoted or counted, in bytes; a file that is shorter by now has begun anew
 * @returns for a file that cannot be read, why, in brackets: a mail about a failure must not fail for that
 */
export function endOfFile(path: string, size: Size, start = 0): string {
  let fd: number;
  try {
    // A FIFO put in place of the file must not hang us, nor a symbolic link have us mail something else.
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    return `[${shown(path)} cannot be read: ${shown(errorText(error))}]`;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return `[${shown(path)} is no regular file]`;
    const begin = start > stat.size ? 0 : start;
    const from = Math.max(begin, stat.size - size.bytes);
    const bytes = readPart(fd, from, stat.size - from);
    const { text, before } = lastLines(bytes, size, from > begin);
    const left = from - begin + before;
    const rest = left === 0 ? '' : `[... ${inBytes(left)} before this left out; all of it: ${shown(path)}]\n`;
    return `${rest}${logText(text)}`;
  } catch (error) {
    return `[${shown(path)} cannot be read: ${shown(errorText(error))}]`;
  } finally {
    closeSync(fd);
  }
}

/** A text, or its beginning and its end, of each at most so much, with a line between them that says what was left out. */
export function bothEnds(text: string, size: Size): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= 2 * size.bytes && countLines(bytes) <= 2 * size.lines) return logText(text);
  const head = firstLines(bytes, size);
  const rest = bytes.subarray(head.length);
  const { text: tail, before } = lastLines(rest.subarray(-size.bytes), size, rest.length > size.bytes);
  const left = Math.max(0, rest.length - size.bytes) + before;
  return `${logText(head.toString()).replace(/\n$/, '')}\n[... ${inBytes(left)} left out]\n${logText(tail)}`;
}

/** `3.2 MB` */
export function inBytes(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  const [unit, size] = bytes < 999_950 ? ['kB', 1e3] : bytes < 999_950_000 ? ['MB', 1e6] : ['GB', 1e9];
  return `${Number((bytes / Number(size)).toFixed(1))} ${unit}`;
}

const NEWLINE = 0x0a;

/** @param cut whether something stands before it, so that it may begin in the middle of a line or of a character */
function lastLines(bytes: Buffer, { lines }: Size, cut: boolean): { text: string; before: number } {
  let from = cut ? beginning(bytes) : 0;
  let count = 0;
  for (let at = bytes.length - 2; at >= from && count < lines; at--) {
    if (bytes[at] === NEWLINE && ++count === lines) from = at + 1;
  }
  return { text: bytes.toString('utf8', from), before: from };
}

/** Where the first whole line begins; in one line without an end, the first whole character. */
function beginning(bytes: Buffer): number {
  const newline = bytes.indexOf(NEWLINE);
  if (newline !== -1 && newline < bytes.length - 1) return newline + 1;
  let from = 0;
  while (from < 3 && isContinuation(bytes[from])) from++;
  return from;
}

/** Whole lines from the beginning; of one line without an end, whole characters. */
function firstLines(bytes: Buffer, { bytes: most, lines }: Size): Buffer {
  let end = 0;
  for (let count = 0; count < lines; count++) {
    const next = bytes.indexOf(NEWLINE, end);
    if (next === -1 || next >= most) break;
    end = next + 1;
  }
  if (end > 0) return bytes.subarray(0, end);
  let length = Math.min(most, bytes.length);
  while (length > 0 && most - length < 3 && isContinuation(bytes[length])) length--;
  return bytes.subarray(0, length);
}

/** Whether a byte goes on with a character of UTF-8. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
