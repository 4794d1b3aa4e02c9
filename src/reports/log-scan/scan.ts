import { closeSync, constants, openSync, readSync } from 'node:fs';
import { decodeText } from '../../updates/text.js';
import { type Diagnosis, diagnose, SUSPICIOUS } from './diagnosis.js';

/** A complaint, with the lines around it. */
export interface Finding extends Diagnosis {
  /** Counted from 1. */
  readonly logLine: number;
  readonly text: string;
  /** Lines before it that belong to no other finding; each ends with a line end. */
  readonly before: string;
  readonly after: string;
}

/** What a build log holds. */
export interface LogScan {
  /** In the order of the log: of each kind the first ones, as many as were asked for. */
  readonly findings: readonly Finding[];
  /** How many there are in all. */
  readonly errors: number;
  readonly warnings: number;
  readonly lines: number;
}

export interface ScanOptions {
  /** How many findings of each kind. */
  readonly kept?: number;
  /** Where the log begins in its file, in bytes. */
  readonly from?: number;
}

/** As many as CTest keeps of each kind. */
export const KEPT = 50;
/** As many lines as CTest keeps before and after. */
const CONTEXT = 10;
/** A line of a context that is longer is cut. */
const LONGEST_LINE = 2000;

const CHUNK = 1024 * 1024;
const LINE_FEED = 10;

/**
 * Looks through a build log for errors and warnings. A log of any length takes the memory of one chunk and of the findings
 * that are kept; a line that does not end is looked at piece by piece.
 *
 * @throws the system's error when the file cannot be read
 */
export function scanLog(file: string, { kept = KEPT, from = 0 }: ScanOptions = {}): LogScan {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  const scanner = new Scanner(kept);
  try {
    const buffer = Buffer.allocUnsafe(2 * CHUNK);
    let held = 0; // bytes of a line that has not ended yet
    for (let at = from; ; ) {
      const read = readSync(fd, buffer, held, CHUNK, at);
      if (read === 0) break;
      at += read;
      const end = held + read;
      const rest = scanner.take(buffer, end, held);
      held = end - rest;
      if (held >= CHUNK) {
        scanner.line(buffer, rest, end, true);
        held = 0;
      } else buffer.copyWithin(0, rest, end);
    }
    if (held > 0) scanner.line(buffer, 0, held, true);
  } finally {
    closeSync(fd);
  }
  return scanner.result();
}

interface Open {
  readonly diagnosis: Diagnosis;
  readonly logLine: number;
  readonly text: string;
  readonly before: string;
  after: string;
}

class Scanner {
  readonly #kept: number;
  readonly #findings: Open[] = [];
  #errors = 0;
  #warnings = 0;
  #lines = 0;
  /** Lines that the last finding still takes as its context. */
  #wanted = 0;
  /** The last lines that no finding has taken, the oldest first; only looked up when one is found. */
  readonly #recent: string[] = [];

  constructor(kept: number) {
    this.#kept = kept;
  }

  /** Takes all whole lines of the bytes up to `end`. Returns where the first one that is not whole begins. */
  take(bytes: Buffer, end: number, from: number): number {
    let start = 0;
    let suspicious = from > 0;
    let previous = 0;
    let clean = 0; // where the lines begin that were passed over
    for (let at = from; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte !== LINE_FEED) {
        if (SUSPICIOUS[(previous << 8) | byte] === 1) suspicious = true;
        previous = byte;
        continue;
      }
      if (suspicious || this.#wanted > 0) {
        this.#remember(bytes, clean, start);
        this.line(bytes, start, at, suspicious);
        clean = at + 1;
      } else this.#lines++;
      start = at + 1;
      suspicious = false;
      previous = 0;
    }
    this.#remember(bytes, clean, start);
    return start;
  }

  /** Takes one line, without its end. */
  line(bytes: Buffer, start: number, end: number, suspicious: boolean): void {
    this.#lines++;
    const text = textOf(bytes, start, end);
    const diagnosis = suspicious ? diagnose(text) : undefined;
    if (diagnosis === undefined) {
      this.#context(text);
      return;
    }
    const count = diagnosis.kind === 'error' ? ++this.#errors : ++this.#warnings;
    const before = this.#recent.splice(0).map((line) => `${line}\n`);
    this.#wanted = 0;
    if (count > this.#kept) return;
    this.#findings.push({ diagnosis, logLine: this.#lines, text, before: before.join(''), after: '' });
    this.#wanted = CONTEXT;
  }

  result(): LogScan {
    const findings = this.#findings.map(({ diagnosis, ...finding }): Finding => ({ ...diagnosis, ...finding }));
    return { findings, errors: this.#errors, warnings: this.#warnings, lines: this.#lines };
  }

  #context(text: string): void {
    const last = this.#findings.at(-1);
    if (this.#wanted > 0 && last !== undefined) {
      last.after += `${text}\n`;
      this.#wanted--;
      return;
    }
    this.#recent.push(text);
    if (this.#recent.length > CONTEXT) this.#recent.shift();
  }

  /** Keeps the last of the lines that were passed over, up to `end`. */
  #remember(bytes: Buffer, start: number, end: number): void {
    if (end <= start) return;
    const starts: number[] = [];
    let lineEnd = end - 1;
    while (starts.length < CONTEXT && lineEnd >= start) {
      const before = lineEnd > start ? bytes.lastIndexOf(LINE_FEED, lineEnd - 1) : -1;
      const begin = Math.max(start, before + 1);
      starts.unshift(begin);
      lineEnd = begin - 1;
    }
    starts.forEach((from, index) => {
      const next = starts[index + 1] ?? end;
      this.#recent.push(textOf(bytes, from, next - 1));
    });
    this.#recent.splice(0, this.#recent.length - CONTEXT);
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours and titles for terminals begin with an escape
const TERMINAL = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g;

function textOf(bytes: Buffer, start: number, end: number): string {
  const last = bytes[end - 1] === 13 ? end - 1 : end; // a carriage return before the line end
  const text = decodeText(bytes.subarray(start, Math.min(last, start + LONGEST_LINE)));
  return text.includes('\x1b') ? text.replace(TERMINAL, '') : text;
}
