import { isBuildName, isStageName } from '../config/names.js';
import type { Build } from '../config/project.js';
import type { Failure } from '../failures/failure.js';
import { failureLines } from '../failures/failure-lines.js';
import { headlineWithEnd } from '../failures/headline.js';
import {
  array,
  object,
  oneOf,
  optional,
  parseRecord,
  recordText,
  string,
  type TypeOf,
  where,
} from '../records/schema.js';
import { logText } from '../text/log-text.js';
import { shown } from '../text/shown.js';
import { PAST_RUN, type PastRun } from './history.js';
import { tailOfLog } from './log-tail.js';
import { logsOf, type PastLog } from './past-logs.js';

/** The end of a run, as hosts see it that have not its files. What stands in etcd others may have written. */
const END_OF_RUN = object({
  format: oneOf(1),
  build: where(string(undefined, 64), isBuildName),
  /** On which it ran. */
  host: string(undefined, 255),
  /** The stage that failed first; absent where none did. */
  failed: optional(where(string(undefined, 64), isStageName)),
  /** Where on that host its log is, or that of the last stage. */
  logFile: optional(string(undefined, 4096)),
  past: PAST_RUN,
});
export type EndOfRun = TypeOf<typeof END_OF_RUN>;

const EXCERPT = object({
  format: oneOf(1),
  /** Errors and failed tests with their context, in lines for a person. */
  failures: array(string()),
  /** The last lines of the log. */
  lines: array(string()),
});
export type Excerpt = Pick<TypeOf<typeof EXCERPT>, 'failures' | 'lines'>;

/** Of the end of a run, in UTF-16 units: what is longer has been written by other hands. */
const LONGEST_END = 64 * 1024;
/** Likewise of an excerpt, whose text may be escaped. */
const LONGEST_EXCERPT = 1024 * 1024;
/** Bytes of an excerpt, half of them at most for what failed. */
const EXCERPT_BYTES = 16 * 1024;
const TAIL_BYTES = 8 * 1024;
const MOST_LINES = 2000;
/** Of each list in the record of a run. */
const MOST = 50;

/** What a run that has ended says of itself. */
export function endOfRun(build: Build, past: PastRun, host: string): EndOfRun {
  const { stages, waits, update, ...rest } = past;
  const log = tellingLog(build, past);
  return {
    format: 1,
    build: build.name,
    host,
    ...(log !== undefined && { logFile: log.path }),
    ...(log?.isFailed === true && isStageName(log.stage) && { failed: log.stage }),
    past: {
      ...rest,
      ...(stages !== undefined && { stages: stages.slice(0, MOST) }),
      ...(waits !== undefined && { waits: waits.slice(0, MOST) }),
      ...(update !== undefined && { update: { ...update, records: update.records.slice(-MOST) } }),
    },
  };
}

/**
 * What failed in a run, small enough for etcd; undefined where nothing did, or nothing is known of it. Nothing in it steers a terminal.
 *
 * @param failures of its stages
 */
export function excerptOf(build: Build, past: PastRun, failures: readonly Failure[]): Excerpt | undefined {
  const log = tellingLog(build, past);
  const lines = failures.flatMap((failure) => [shown(headlineWithEnd(failure)), ...failureLines(failure, MOST_LINES)]);
  const tail = log?.isFailed === true ? tailOfLog(build, log.path, MOST_LINES, TAIL_BYTES) : undefined;
  const text = tail?.kind === 'lines' ? tail.lines.flatMap((line) => logText(line).split('\n')) : [];
  if (lines.length + text.length === 0) return undefined;
  const first = within(lines, EXCERPT_BYTES / 2);
  const last = within(text.toReversed(), EXCERPT_BYTES - first.bytes);
  return { failures: first.lines, lines: last.lines.toReversed() };
}

/** The log of the first stage that failed; where the run ended before its stages, that of its update; else of the last stage. */
function tellingLog(build: Build, past: PastRun): (PastLog & { readonly isFailed: boolean }) | undefined {
  const logs = logsOf(build, past);
  const failed = logs.find(({ outcome }) => outcome !== undefined && outcome !== 'passed');
  if (failed !== undefined) return { ...failed, isFailed: true };
  const isPassed = past.result === 'done';
  const other = isPassed ? logs.at(-1) : logs[0];
  return other && { ...other, isFailed: !isPassed };
}

/** The first lines that fit into so many bytes. */
function within(lines: readonly string[], most: number): { readonly lines: string[]; readonly bytes: number } {
  let bytes = 0;
  const kept: string[] = [];
  for (const line of lines) {
    const more = Buffer.byteLength(line) + 1;
    if (bytes + more > most) break;
    bytes += more;
    kept.push(line);
  }
  return { lines: kept, bytes };
}

export function endText(end: EndOfRun): string {
  return recordText(END_OF_RUN, end);
}

export function excerptText(excerpt: Excerpt): string {
  return recordText(EXCERPT, { format: 1, ...excerpt });
}

/** Undefined for what is none. */
export function parseEnd(text: string): EndOfRun | undefined {
  return text.length > LONGEST_END ? undefined : parseRecord(END_OF_RUN, text);
}

/** What failed, and the end of the log, each line safe for a terminal; undefined for what is no excerpt. */
export function parseExcerpt(text: string): Excerpt | undefined {
  const excerpt = text.length > LONGEST_EXCERPT ? undefined : parseRecord(EXCERPT, text);
  if (excerpt === undefined) return undefined;
  const plain = (lines: readonly string[]): string[] =>
    lines.slice(0, MOST_LINES).flatMap((line) => logText(line).split('\n'));
  return { failures: plain(excerpt.failures), lines: plain(excerpt.lines) };
}
