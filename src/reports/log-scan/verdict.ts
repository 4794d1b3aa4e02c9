import type { LineKind } from './ctest-expressions.js';
import type { LineJudge } from './line-judge.js';

export type Verdict = 'error' | 'warning' | undefined;

/** An expression of a project that costs too much. Lines are judged without it from then on. */
export interface LeftOutExpression {
  readonly kind: LineKind;
  readonly text: string;
  /** The line that it was left out at, counted from 1. */
  readonly logLine: number;
}

/** Whether another one of a kind is wanted. */
export interface Wanted {
  readonly error: boolean;
  readonly warning: boolean;
}

/** A line without its end, and without colours. */
export interface Line {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Its number, counted from 1. */
  readonly logLine: number;
  /** How many bytes of the log were seen. */
  readonly seen: number;
}

const EXCEPTIONS = { error: 'notError', warning: 'notWarning' } as const;

/** What one expression of a project may cost for one line, in bytes and nodes: a tenth of a second or two. */
const MOST_FOR_LINE = 10_000_000;
/** What it may cost for a log besides, for each of its bytes. */
const MOST_FOR_BYTE = 16;

/** Judges the lines of one log. */
export class Verdicts {
  readonly leftOut: LeftOutExpression[] = [];
  readonly #judge: LineJudge;
  readonly #isLeftOut: boolean[] = [];
  /** What each expression has cost in this log. */
  readonly #cost: number[] = [];

  constructor(judge: LineJudge) {
    this.#judge = judge;
  }

  /** All that was done, in bytes and nodes. */
  work = 0;

  /** Whether a line is an error or a warning; undecided where that takes longer than a moment. */
  atOnce(line: Line, found: readonly number[], open: Wanted): Verdict | 'undecided' {
    for (const kind of ['error', 'warning'] as const) {
      if (!open[kind]) continue;
      const matched = this.#matchesAtOnce(kind, line, found);
      const excepted = matched === true ? this.#matchesAtOnce(EXCEPTIONS[kind], line, found) : false;
      if (matched === undefined || excepted === undefined) return 'undecided';
      if (matched && !excepted) return kind;
    }
    return undefined;
  }

  /**
   * The same, and comes back now and then before it is done, so that the caller may look at the clock.
   *
   * @param found the indexes of rules of which a needle was found in it
   */
  *of(line: Line, found: readonly number[], open: Wanted): Generator<void, Verdict> {
    const asked = [...found, ...this.#judge.always];
    for (const kind of ['error', 'warning'] as const) {
      if (!open[kind] || !(yield* this.#matches(kind, line, asked))) continue;
      if (!(yield* this.#matches(EXCEPTIONS[kind], line, asked))) return kind;
    }
    return undefined;
  }

  #matchesAtOnce(kind: LineKind, { bytes, start, end, seen }: Line, found: readonly number[]): boolean | undefined {
    const { always } = this.#judge;
    let isDecided = true;
    for (let at = 0; at < found.length + always.length; at++) {
      const index = (at < found.length ? found[at] : always[at - found.length]) as number;
      const matcher = this.#judge.matcher(index);
      if (matcher?.rule.kind !== kind || this.#isLeftOut[index]) continue;
      if (matcher.rule.isOwn && (this.#cost[index] ?? 0) > this.#most(seen)) return undefined;
      const before = matcher.work;
      const answer = matcher.begin(bytes, start, end);
      this.#note(index, matcher.work - before);
      if (answer === true) return true;
      if (answer === undefined) isDecided = false;
    }
    return isDecided ? false : undefined;
  }

  *#matches(kind: LineKind, line: Line, asked: readonly number[]): Generator<void, boolean> {
    for (const index of asked) {
      const matcher = this.#judge.matcher(index);
      if (matcher?.rule.kind !== kind || this.#isLeftOut[index]) continue;
      const before = matcher.work;
      let isTooMuch = matcher.rule.isOwn && (this.#cost[index] ?? 0) > this.#most(line.seen);
      let answer = isTooMuch ? undefined : matcher.begin(line.bytes, line.start, line.end);
      while (answer === undefined && !isTooMuch) {
        yield;
        answer = matcher.goOn(line.bytes);
        isTooMuch = matcher.rule.isOwn && matcher.work - before > MOST_FOR_LINE;
      }
      this.#note(index, matcher.work - before);
      if (answer === true) return true;
      if (answer === undefined) {
        this.#isLeftOut[index] = true;
        this.leftOut.push({ kind, text: matcher.rule.text, logLine: line.logLine });
      }
    }
    return false;
  }

  /** What one expression of a project may have cost in the log up to a place. */
  #most(seen: number): number {
    return MOST_FOR_LINE + MOST_FOR_BYTE * seen;
  }

  #note(index: number, work: number): void {
    this.#cost[index] = (this.#cost[index] ?? 0) + work;
    this.work += work;
  }
}
