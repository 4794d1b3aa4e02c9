import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type LineJudge, lineJudge } from './line-judge.js';
import { type Finding, type ScanLimits, Scanner } from './scanner.js';
import type { LeftOutExpression } from './verdict.js';

export type { Finding, ScanLimits } from './scanner.js';

/** What a build log holds. */
export interface LogScan {
  /** In the order of the log. */
  readonly findings: readonly Finding[];
  /** How many of each kind; no more than the limits. */
  readonly errors: number;
  readonly warnings: number;
  readonly lines: number;
  /** Expressions of the project that cost too much. */
  readonly leftOut: readonly LeftOutExpression[];
  /** How much was looked at besides each byte once, in bytes and nodes of automata. */
  readonly work: number;
}

/** CTest's own. */
export const CTEST_LIMITS: ScanLimits = { errors: 50, warnings: 50, before: 10, after: 10 };

export interface ScanOptions {
  readonly judge?: LineJudge;
  readonly limits?: ScanLimits;
  /** Where the log begins and ends in its file, in bytes. */
  readonly from?: number;
  readonly to?: number;
  readonly signal?: AbortSignal;
}

const CHUNK = 256 * 1024;
/** A line that is longer is looked at piece by piece. */
const LONGEST = 1024 * 1024;
/** How long signals and timers wait at most, in milliseconds. */
const SLICE_MS = 10;

/**
 * Looks through a build log for errors and warnings, and finds what CTest finds; like it, it takes no notice of a last line that
 * does not end. A log of any length takes the memory of one chunk and of the findings. Whatever the log holds and the project's
 * expressions are, the time grows with the length of the log only, and signals are heard meanwhile.
 *
 * @returns undefined when aborted
 * @throws the system's error when the file cannot be read
 */
export async function scanLog(file: string, options: ScanOptions = {}): Promise<LogScan | undefined> {
  const { judge = lineJudge(), limits = CTEST_LIMITS, from = 0, to = Number.POSITIVE_INFINITY, signal } = options;
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const scan = scanned(fd, from, to, new Scanner(judge, limits));
    for (let endMs = performance.now() + SLICE_MS; ; ) {
      const { done, value } = scan.next();
      if (done) return value;
      if (performance.now() < endMs) continue;
      await new Promise((resolve) => setImmediate(resolve));
      if (signal?.aborted) return undefined;
      endMs = performance.now() + SLICE_MS;
    }
  } finally {
    closeSync(fd);
  }
}

function* scanned(fd: number, from: number, to: number, scanner: Scanner): Generator<void, LogScan> {
  const buffer = Buffer.allocUnsafe(LONGEST + CHUNK);
  let held = 0; // bytes of a line that has not ended yet
  let known = 0; // of these, those that were seen
  for (let at = from; at < to; ) {
    yield;
    const read = readSync(fd, buffer, held, Math.min(CHUNK, to - at), at);
    if (read === 0) break;
    at += read;
    const end = held + read;
    const { start, seen } = yield* scanner.take(buffer, known, end);
    if (end - start >= LONGEST) {
      yield* scanner.endLine(buffer, start, end);
      [held, known] = [0, 0];
      continue;
    }
    buffer.copyWithin(0, start, end);
    [held, known] = [end - start, seen - start];
  }
  return scanner.result();
}
