import { decodeText } from '../../updates/text.js';
import { UNKNOWN } from './automaton.js';
import type { LineJudge } from './line-judge.js';
import { type Line, type Verdict, Verdicts, type Wanted } from './verdict.js';

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

/** How much of a log CTest looks at. */
export interface ScanLimits {
  /** From so many on, further ones are lines like others. */
  readonly errors: number;
  readonly warnings: number;
  /** Lines of context. */
  readonly before: number;
  readonly after: number;
}

/** What is kept of a line, in bytes. */
const LONGEST_LINE = 2000;
/** Of a context, in lines, whatever is asked for. */
const MOST_CONTEXT = 1000;

/** Between two looks at the clock: bytes, and nodes of automata. */
const PIECE = 64 * 1024;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const ESCAPE = 27;
const [OPENING_BRACKET, DIGIT_0, DIGIT_9, SEMICOLON, LETTER_M] = [0x5b, 0x30, 0x39, 0x3b, 0x6d];

interface Open {
  readonly kind: 'error' | 'warning';
  readonly logLine: number;
  readonly text: string;
  readonly before: string;
  after: string;
}

/** Takes a log piece by piece. */
export class Scanner {
  readonly #judge: LineJudge;
  readonly #verdicts: Verdicts;
  readonly #limits: ScanLimits;
  readonly #findings: Open[] = [];
  #errors = 0;
  #warnings = 0;
  /** Whether one more of a kind is wanted. */
  #open: Wanted;
  #lines = 0;
  #seen = 0;
  /** Where the line begins that has not ended yet. */
  #start = 0;
  /** Of it. */
  #state: number;
  #colored = false;
  /** Rules of which it has a needle. */
  #found: number[] = [];
  /** In which line, counted here, a needle of each rule was found last. */
  readonly #foundIn: Int32Array;
  #lineNumber = 1;
  readonly #workBefore: number;
  /** Lines that the last finding still takes as its context. */
  #wanted = 0;
  /** The last lines that no finding has taken, the oldest first; only looked up when one is found. */
  readonly #recent: string[] = [];

  constructor(judge: LineJudge, limits: ScanLimits) {
    this.#judge = judge;
    this.#verdicts = new Verdicts(judge);
    this.#workBefore = judge.needles.work;
    this.#limits = { ...limits, before: atMost(limits.before), after: atMost(limits.after) };
    this.#open = { error: limits.errors > 0, warning: limits.warnings > 0 };
    this.#state = judge.needles.start;
    this.#foundIn = new Int32Array(judge.rules.length);
  }

  /**
   * Takes all whole lines of the bytes up to `end`, of which those up to `from` were seen. Comes back now and then before it is done.
   *
   * @returns where the first line begins that is not whole, and up to where it was seen
   */
  *take(bytes: Buffer, from: number, end: number): Generator<void, { readonly start: number; readonly seen: number }> {
    this.#start = 0;
    let workBefore = this.#verdicts.work;
    let clean = 0; // where the lines begin that were passed over
    let at = this.#pass(bytes, from, end);
    while (at < end && isLineEnd(bytes[at])) {
      const start = this.#start;
      const atOnce = this.#judged(bytes, start, at);
      const kind =
        atOnce === 'undecided'
          ? yield* this.#verdicts.of(this.#line(bytes, start, at), this.#found, this.#open)
          : atOnce;
      if (kind !== undefined || this.#wanted > 0) {
        this.#remember(bytes, clean, start);
        clean = at + 1;
      }
      this.#end(bytes, start, at, kind);
      this.#start = at + 1;
      if (this.#verdicts.work > workBefore + PIECE) {
        yield;
        workBefore = this.#verdicts.work;
      }
      at = this.#pass(bytes, at + 1, end);
    }
    this.#remember(bytes, clean, this.#start);
    this.#seen += at - from;
    return { start: this.#start, seen: at };
  }

  /** Takes one line, without its end; all of it was seen. */
  *endLine(bytes: Buffer, start: number, end: number): Generator<void, void> {
    const kind = yield* this.#verdicts.of(this.#line(bytes, start, end), this.#found, this.#open);
    if (kind === undefined && this.#wanted === 0) this.#remember(bytes, start, end + 1);
    this.#end(bytes, start, end, kind);
  }

  /** Continues to the end of a line, and over all lines that no rule has to look at. Stops at the end of one that must be looked at. */
  #pass(bytes: Buffer, from: number, end: number): number {
    const { needles, always } = this.#judge;
    let { table } = needles;
    let state = this.#state;
    let at = from;
    for (; at < end; at++) {
      // Nearly all bytes are read here.
      let next = table[state + (bytes[at] as number)] as number;
      while (next >= 0 && ++at < end) {
        state = next;
        next = table[state + (bytes[at] as number)] as number;
      }
      if (at === end) {
        state = next;
        break;
      }
      const byte = bytes[at] as number;
      // Also NUL ends a line, as CTest has it because of what Visual Studio writes.
      if (byte === LINE_FEED || byte === 0) {
        state = needles.start;
        if (this.#found.length > 0 || this.#wanted > 0 || always.length > 0) break;
        this.#lines++;
        this.#colored = false;
        this.#start = at + 1;
        continue;
      }
      if (byte === ESCAPE) {
        const after = afterColor(bytes, at, end);
        if (after === undefined) break; // the rest of it comes with the next piece
        if (after > at) {
          this.#colored = true;
          at = after - 1;
          continue;
        }
      }
      if (next === UNKNOWN) {
        next = needles.step(state, byte);
        ({ table } = needles);
      }
      state = next < 0 ? -2 - next : next;
      if (next < 0) this.#note(needles.matches(state));
    }
    this.#state = state;
    return at;
  }

  #judged(bytes: Buffer, start: number, end: number): Verdict | 'undecided' {
    if (this.#found.length === 0 && this.#judge.always.length === 0) return undefined;
    return this.#verdicts.atOnce(this.#line(bytes, start, end), this.#found, this.#open);
  }

  /** What CTest looks at of a line. */
  #line(bytes: Buffer, start: number, end: number): Line {
    const [logLine, seen] = [this.#lines + 1, this.#seen];
    if (!this.#colored) return { bytes, start, end, logLine, seen };
    const plain = Buffer.from(bytes.toString('latin1', start, end).replace(COLOR, ''), 'latin1');
    return { bytes: plain, start: 0, end: plain.length, logLine, seen };
  }

  #end(bytes: Buffer, start: number, end: number, kind: Verdict): void {
    if (this.#found.length > 0) this.#found = [];
    this.#colored = false;
    this.#state = this.#judge.needles.start;
    this.#lineNumber++;
    this.#lines++;
    if (kind !== undefined) {
      const count = kind === 'error' ? ++this.#errors : ++this.#warnings;
      if (count >= this.#limits[`${kind}s`]) this.#open = { ...this.#open, [kind]: false };
      const before = this.#recent.splice(0).map((each) => `${each}\n`);
      this.#wanted = this.#limits.after;
      const text = textOf(bytes, start, end);
      this.#findings.push({ kind, logLine: this.#lines, text, before: before.join(''), after: '' });
    } else if (this.#wanted > 0) {
      this.#wanted--;
      const last = this.#findings.at(-1);
      const text = textOf(bytes, start, end);
      // The last line of a context that is full has no line end.
      if (last !== undefined) last.after += this.#wanted > 0 ? `${text}\n` : text;
    }
  }

  result() {
    return {
      findings: this.#findings as readonly Finding[],
      errors: this.#errors,
      warnings: this.#warnings,
      lines: this.#lines,
      leftOut: this.#verdicts.leftOut,
      work: this.#verdicts.work + this.#judge.needles.work - this.#workBefore,
    };
  }

  #note(rules: readonly number[]): void {
    for (const rule of rules) {
      if (this.#foundIn[rule] === this.#lineNumber || !this.#open[SUBJECTS[this.#judge.rules[rule]?.kind ?? 'error']])
        continue;
      this.#foundIn[rule] = this.#lineNumber;
      this.#found.push(rule);
    }
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

/** What the expressions of each kind are about. */
const SUBJECTS = { error: 'error', notError: 'error', warning: 'warning', notWarning: 'warning' } as const;

const isLineEnd = (byte: number | undefined): boolean => byte === LINE_FEED || byte === 0;

/** Behind the colour that begins at an escape; `at` when none does, undefined when that cannot be said yet. */
function afterColor(bytes: Buffer, at: number, end: number): number | undefined {
  if (at + 1 >= end) return undefined;
  if (bytes[at + 1] !== OPENING_BRACKET) return at;
  for (let next = at + 2; next < end; next++) {
    const byte = bytes[next] as number;
    if (byte === LETTER_M) return next + 1;
    if ((byte < DIGIT_0 || byte > DIGIT_9) && byte !== SEMICOLON) return at;
  }
  return undefined;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with an escape
const COLOR = /\x1b\[[0-9;]*m/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: so do titles and other commands to a terminal
const TERMINAL = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g;

function textOf(bytes: Buffer, start: number, end: number): string {
  const last = end > start && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end; // before the line end
  const text = decodeText(bytes.subarray(start, Math.min(last, start + LONGEST_LINE)));
  return text.includes('\x1b') ? text.replace(TERMINAL, '') : text;
}
