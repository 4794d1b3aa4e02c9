import { closeSync, constants, openSync, readSync } from 'node:fs';
import { decodeText } from '../../updates/text.js';
import { type LineJudge, lineJudge, verdictOf } from './line-judge.js';

/** A complaint, with the lines around it. */
export interface Finding {
  readonly kind: 'error' | 'warning';
  /** Counted from 1. */
  readonly logLine: number;
  readonly text: string;
  /** Lines before it that belong to no other finding; each ends with a line end. */
  readonly before: string;
  readonly after: string;
}

/** What a build log holds. */
export interface LogScan {
  /** In the order of the log. */
  readonly findings: readonly Finding[];
  /** How many of each kind; no more than the limits. */
  readonly errors: number;
  readonly warnings: number;
  readonly lines: number;
}

/** How much of a log CTest looks at. */
export interface ScanLimits {
  /** From so many on, further ones are lines like others. */
  readonly errors: number;
  readonly warnings: number;
  /** Lines of context. */
  readonly before: number;
  readonly after: number;
}

/** CTest's own. */
export const CTEST_LIMITS: ScanLimits = { errors: 50, warnings: 50, before: 10, after: 10 };

export interface ScanOptions {
  readonly judge?: LineJudge;
  readonly limits?: ScanLimits;
  /** Where the log begins and ends in its file, in bytes. */
  readonly from?: number;
  readonly to?: number;
}

/** What is kept of a line, in bytes. */
const LONGEST_LINE = 2000;
/** Of a context, in lines, whatever is asked for. */
const MOST_CONTEXT = 1000;

const CHUNK = 1024 * 1024;
const LINE_FEED = 10;
const ESCAPE = 27;

/**
 * Looks through a build log for errors and warnings, and finds what CTest finds; like it, it takes no notice of a last line that
 * does not end. A log of any length takes the memory of one chunk and of the findings; a line that does not end is looked at
 * piece by piece.
 *
 * @throws the system's error when the file cannot be read
 */
export function scanLog(file: string, options: ScanOptions = {}): LogScan {
  const { judge = lineJudge(), limits = CTEST_LIMITS, from = 0, to = Number.POSITIVE_INFINITY } = options;
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  const scanner = new Scanner(judge, limits);
  try {
    const buffer = Buffer.allocUnsafe(2 * CHUNK);
    let held = 0; // bytes of a line that has not ended yet
    for (let at = from; at < to; ) {
      const read = readSync(fd, buffer, held, Math.min(CHUNK, to - at), at);
      if (read === 0) break;
      at += read;
      const end = held + read;
      const rest = scanner.take(buffer, held, end);
      held = end - rest;
      if (held >= CHUNK) {
        scanner.endLine(buffer, rest, end);
        held = 0;
      } else buffer.copyWithin(0, rest, end);
    }
  } finally {
    closeSync(fd);
  }
  return scanner.result();
}

interface Open {
  readonly kind: 'error' | 'warning';
  readonly logLine: number;
  readonly text: string;
  readonly before: string;
  after: string;
}

class Scanner {
  readonly #judge: LineJudge;
  readonly #limits: ScanLimits;
  readonly #findings: Open[] = [];
  #errors = 0;
  #warnings = 0;
  #lines = 0;
  /** Of the line that has not ended yet. */
  #state: number;
  #colored = false;
  /** Lines that the last finding still takes as its context. */
  #wanted = 0;
  /** The last lines that no finding has taken, the oldest first; only looked up when one is found. */
  readonly #recent: string[] = [];

  constructor(judge: LineJudge, limits: ScanLimits) {
    this.#judge = judge;
    this.#limits = { ...limits, before: atMost(limits.before), after: atMost(limits.after) };
    this.#state = judge.automaton.start;
  }

  /** Takes all whole lines of the bytes up to `end`, of which those up to `from` were seen. Returns where the first one that is not whole begins. */
  take(bytes: Buffer, from: number, end: number): number {
    const { automaton } = this.#judge;
    let { table } = automaton;
    let state = this.#state;
    let start = 0;
    let clean = 0; // where the lines begin that were passed over
    for (let at = from; at < end; at++) {
      const byte = bytes[at] ?? 0;
      const known = table[state + byte] ?? -1;
      if (known >= 0) {
        state = known;
        continue;
      }
      // Also NUL ends a line, as CTest has it because of what Visual Studio writes.
      if (byte !== LINE_FEED && byte !== 0) {
        if (byte === ESCAPE) this.#colored = true;
        state = automaton.step(state, byte);
        ({ table } = automaton);
        continue;
      }
      this.#state = state;
      if (this.#wanted > 0 || this.#colored || this.#verdict(automaton.matched(state)) !== undefined) {
        this.#remember(bytes, clean, start);
        this.endLine(bytes, start, at);
        ({ table } = automaton);
        clean = at + 1;
      } else this.#lines++;
      state = automaton.start;
      start = at + 1;
    }
    this.#state = state;
    this.#remember(bytes, clean, start);
    return start;
  }

  /** Takes one line, without its end; all of it was seen. */
  endLine(bytes: Buffer, start: number, end: number): void {
    const { automaton } = this.#judge;
    const matched = this.#colored
      ? automaton.matchedBy(Buffer.from(withoutColors(bytes.toString('latin1', start, end)), 'latin1'))
      : automaton.matched(this.#state);
    this.#state = automaton.start;
    this.#colored = false;
    this.#lines++;
    const kind = this.#verdict(matched);
    if (kind === undefined) {
      this.#context(textOf(bytes, start, end));
      return;
    }
    if (kind === 'error') this.#errors++;
    else this.#warnings++;
    const before = this.#recent.splice(0).map((line) => `${line}\n`);
    this.#wanted = this.#limits.after;
    const text = textOf(bytes, start, end);
    this.#findings.push({ kind, logLine: this.#lines, text, before: before.join(''), after: '' });
  }

  result(): LogScan {
    return { findings: this.#findings, errors: this.#errors, warnings: this.#warnings, lines: this.#lines };
  }

  #verdict(matched: number): 'error' | 'warning' | undefined {
    return matched === 0
      ? undefined
      : verdictOf(matched, this.#errors < this.#limits.errors, this.#warnings < this.#limits.warnings);
  }

  /** The last line of a context that is full has no line end. */
  #context(text: string): void {
    const last = this.#findings.at(-1);
    if (this.#wanted > 0 && last !== undefined) {
      this.#wanted--;
      last.after += this.#wanted > 0 ? `${text}\n` : text;
      return;
    }
    this.#recent.push(text);
    if (this.#recent.length > this.#limits.before) this.#recent.shift();
  }

  /** Keeps the last of the lines that were passed over, up to `end`. */
  #remember(bytes: Buffer, start: number, end: number): void {
    if (end <= start) return;
    const starts: number[] = [];
    let lineEnd = end - 1;
    while (starts.length < this.#limits.before && lineEnd >= start) {
      let begin = lineEnd;
      while (begin > start && bytes[begin - 1] !== LINE_FEED && bytes[begin - 1] !== 0) begin--;
      starts.unshift(begin);
      lineEnd = begin - 1;
    }
    starts.forEach((from, index) => {
      const next = starts[index + 1] ?? end;
      this.#recent.push(textOf(bytes, from, next - 1));
    });
    this.#recent.splice(0, Math.max(0, this.#recent.length - this.#limits.before));
  }
}

const atMost = (lines: number): number => Math.min(MOST_CONTEXT, Math.max(0, lines));

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with an escape
const COLOR = /\x1b\[[0-9;]*m/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: so do titles and whatever else a terminal is told
const TERMINAL = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g;

/** What CTest looks at of a line. */
function withoutColors(line: string): string {
  return line.replace(COLOR, '');
}

function textOf(bytes: Buffer, start: number, end: number): string {
  const last = end > start && bytes[end - 1] === 13 ? end - 1 : end; // a carriage return before the line end
  const text = decodeText(bytes.subarray(start, Math.min(last, start + LONGEST_LINE)));
  return text.includes('\x1b') ? text.replace(TERMINAL, '') : text;
}
