import { array, boolean, count, object, optional, string, type TypeOf } from '../records/schema.js';

/*
 * What a person has to know of a stage that failed, small enough for a mail, whatever its log holds. All texts in it are raw: the
 * output of compilers and tests.
 */

/** A compiler's complaint, or what else the log scanner takes for an error. */
const ERROR = object({
  /** As seen from the source tree; absolute when it is outside. Missing when the line names no place. */
  file: optional(string()),
  line: optional(count),
  text: string(),
  /** Lines around it in the log. */
  before: array(string()),
  after: array(string()),
});
export type FoundError = TypeOf<typeof ERROR>;

const FAILED_TEST = object({
  name: string(),
  /** `Timeout`, `SEGFAULT`; missing when it just failed. */
  why: optional(string()),
  /** The last lines of its output, as far as they are known. */
  output: array(string()),
});
export type FailedTest = TypeOf<typeof FAILED_TEST>;

export const FAILURE = object({
  stage: string(),
  /** `failed with exit code 2 after 3 s` */
  end: string(),
  /** Absolute. */
  logFile: string(),
  errors: object({
    count,
    /** Whether there are more than were counted. */
    orMore: boolean,
    /** The first of them. */
    first: array(ERROR),
  }),
  tests: object({
    failed: count,
    /** How many there were; missing when that is not known. */
    all: optional(count),
    first: array(FAILED_TEST),
  }),
  /** The last lines that the stage wrote; empty where errors or tests say more. */
  lastLines: array(string()),
});
export type Failure = TypeOf<typeof FAILURE>;

/** Of a failure of which it is only known that there is one. */
export const NOTHING_FOUND: Pick<Failure, 'errors' | 'tests' | 'lastLines'> = {
  errors: { count: 0, orMore: false, first: [] },
  tests: { failed: 0, first: [] },
  lastLines: [],
};

/** How much of a failure is kept. */
export const KEPT = {
  errors: 10,
  /** Lines before and after each of them. */
  context: 2,
  tests: 20,
  /** Of the output of a test. */
  testLines: 20,
  lastLines: 25,
  /** UTF-16 units of a line. */
  line: 500,
} as const;

/** The lines of a text that are kept, without colours and empty ones at the end. */
export function keptLines(lines: readonly string[]): string[] {
  return lines.map((line) => {
    const plain = line.replaceAll(COLOURS, '').trimEnd();
    return plain.length <= KEPT.line ? plain : `${plain.slice(0, KEPT.line)}[...]`;
  });
}

/** Of a text each of whose lines ends; none of an empty one. */
export function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[mK]`, 'g');
