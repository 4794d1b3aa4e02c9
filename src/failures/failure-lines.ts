import { shown } from '../text/shown.js';
import type { FailedTest, Failure, FoundError } from './failure.js';

/** Of a line of a log or of a test, so much is shown, in UTF-16 units. */
const WIDTH = 300;

/**
 * What a failure is, in lines for a person: the first errors with their lines of context, the failed tests with the end of their
 * output, or else the last lines of the log. Where there is little room each test and each error gets its first line before one gets
 * all of its lines. Everything is safe for a terminal.
 *
 * @param most lines
 */
export function failureLines(failure: Failure, most: number): string[] {
  const { errors, tests, lastLines } = failure;
  const items = [...tests.first.map(testItem), ...errors.first.map(errorItem)];
  if (items.length === 0) return lastLines.slice(-most).map((line) => `    ${plain(line)}`);
  for (let count = items.length; ; count--) {
    const named = items.slice(0, count);
    const more = restLines(failure, named);
    if (count + more.length <= most || count === 1)
      return [...fitted(named, most - more.length), ...more].slice(0, most);
  }
}

/** One error or test: its first line, and what may be left out below that, the most important first. */
interface Item {
  readonly kind: 'test' | 'error';
  readonly head: string;
  /** Lines before the head, where there is room. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

function errorItem({ file, line, text, before, after }: FoundError): Item {
  const place = file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`}`;
  // Compilers name the place themselves.
  const head = place === '' || text.includes(place) || namesPlace(text, file, line) ? text : `${place}: ${text}`;
  return {
    kind: 'error',
    head: `  ${plain(head)}`,
    before: before.map((each) => `    ${plain(each)}`),
    after: after.map((each) => `    ${plain(each)}`),
  };
}

/** Whether a line names a file and a line of it, under whatever directory. */
function namesPlace(text: string, file: string | undefined, line: number | undefined): boolean {
  const name = file?.slice(file.lastIndexOf('/') + 1);
  return name !== undefined && line !== undefined && text.includes(`${name}:${line}`);
}

function testItem({ name, why, output }: FailedTest): Item {
  return {
    kind: 'test',
    head: `  ${plain(name)}${why === undefined ? '' : ` (${plain(why)})`}`,
    before: [],
    after: output.map((line) => `    ${plain(line)}`),
  };
}

/** All heads first; then, item by item, as many of the other lines as there is room for. */
function fitted(items: readonly Item[], most: number): string[] {
  let left = Math.max(0, most - items.length);
  return items.flatMap(({ kind, head, before, after }, index) => {
    // An item may take its share, and what those before it have left.
    const share = Math.ceil(left / (items.length - index));
    const context = kind === 'error' ? Math.min(before.length, Math.floor(share / 3)) : 0;
    const below = Math.min(after.length, share - context);
    left -= context + below;
    // What a test wrote is told by its end.
    const kept = kind === 'test' ? after.slice(after.length - below) : after.slice(0, below);
    return [...before.slice(before.length - context), head, ...kept];
  });
}

/** How many tests and errors are not among the items. */
function restLines({ errors, tests }: Failure, items: readonly Item[]): string[] {
  const named = (kind: Item['kind']): number => items.filter((item) => item.kind === kind).length;
  return [
    ...restLine(tests.failed - named('test'), 'test', ''),
    ...restLine(errors.count - named('error'), 'error', errors.orMore ? ' or more' : ''),
  ];
}

function restLine(count: number, what: string, orMore: string): string[] {
  if (count <= 0) return [];
  return [`  ${count}${orMore} more ${what}${count === 1 && orMore === '' ? '' : 's'}`];
}

/** Tabs become spaces, since the line is indented. */
function plain(line: string): string {
  return shown(line.replaceAll('\t', '    '), WIDTH);
}
