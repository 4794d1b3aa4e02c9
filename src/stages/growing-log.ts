import { closeSync, fstatSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { Build } from '../config/project.js';
import { readPart } from '../files/file-part.js';
import { openOwnLog } from './own-log.js';

/** Read at once at most, in bytes: following a log of a gigabyte must not take a gigabyte. */
export const PIECE = 256 * 1024;
/** More of a line that has not ended is not held. */
const LONGEST_LINE = 64 * 1024;
/** Enough for the last line of most logs. */
const END = 2048;

/** The log of a stage while it is written, read from some place on. What it holds is raw. */
export class GrowingLog {
  readonly #build: Build;
  readonly #path: string;
  readonly #decoder = new StringDecoder('utf8');
  #at: number;
  #rest = '';
  #fd: number | undefined;

  /** @param from where to begin, in bytes; what is before that an earlier run has written */
  constructor(build: Build, path: string, from: number) {
    this.#build = build;
    this.#path = path;
    this.#at = from;
  }

  /** What came since the last call, in whole lines as far as there are; empty when nothing did, or it cannot be read. */
  next(): string {
    const text = `${this.#rest}${this.#decoder.write(this.#read(PIECE))}`;
    const end = text.length > LONGEST_LINE ? text.length : text.lastIndexOf('\n') + 1;
    this.#rest = text.slice(end);
    return text.slice(0, end);
  }

  /** The last line that is not empty, of what the command has written by now; empty when there is none. */
  lastLine(): string {
    const lines = this.#end()
      .toString('utf8')
      .split(/[\r\n]+/);
    return lines.findLast((line) => line.trim() !== '' && !line.startsWith('[stagelock] ')) ?? '';
  }

  /** What is left, piece by piece, a last line without an end too. It cannot be read any more then. */
  *rest(): Generator<string> {
    for (let piece = this.next(); piece !== ''; piece = this.next()) yield piece;
    if (this.#rest !== '') yield `${this.#rest}\n`;
    this.#rest = '';
    this.close();
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** So much from where the last read ended. */
  #read(most: number): Buffer {
    const bytes = this.#partFrom((size) => [this.#at, Math.min(most, size - this.#at)]);
    this.#at += bytes.length;
    return bytes;
  }

  #end(): Buffer {
    return this.#partFrom((size) => [Math.max(this.#at, size - END), END]);
  }

  /** What shows a log must not end a run: a file server that does not answer leaves nothing to show. */
  #partFrom(placeIn: (size: number) => readonly [from: number, length: number]): Buffer {
    try {
      const fd = this.#open();
      if (fd === undefined) return Buffer.alloc(0);
      const [from, length] = placeIn(fstatSync(fd).size);
      return readPart(fd, from, Math.max(0, length));
    } catch {
      return Buffer.alloc(0);
    }
  }

  /** It may not be there yet when its stage begins. */
  #open(): number | undefined {
    if (this.#fd !== undefined) return this.#fd;
    const log = openOwnLog(this.#build, this.#path);
    if (log.kind === 'open') this.#fd = log.fd;
    return this.#fd;
  }
}
