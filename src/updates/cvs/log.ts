import { decodeText } from '../text.js';

/** One revision of one file. */
export interface FileRevision {
  /** Its name in the repository, as the server writes it: `/path/module/a.c,v`. */
  readonly file: string;
  readonly revision: string;
  readonly author: string;
  /** As CVS and CTest write it: `2026-11-24 09:58:36 +0000`. */
  readonly date: string;
  readonly dead: boolean;
  /** The same for all files of one commit; absent with servers older than 1.12. */
  readonly commit: string | undefined;
  readonly log: string;
}

const SEPARATOR = '----------------------------';
const END = '=============================================================================';

/**
 * The revisions that `cvs log` wrote. Nothing in it is quoted, and a message may hold the log of another file, or an older
 * one of the same: what only looks like a revision is told by how many there are, which stands before them, and by their order.
 */
export function readLog(bytes: Buffer): FileRevision[] {
  const lines = decodeText(bytes).split('\n');
  const starts: { readonly at: number; readonly file: string }[] = [];
  let before: string | undefined;
  lines.forEach((line, at) => {
    if (isFile(line, before, lines[at + 1])) starts.push({ at, file: line.slice('RCS file: '.length) });
    if (line !== '') before = line;
  });
  return starts.flatMap(({ at, file }, index) => revisionsOf(file, lines.slice(at, starts[index + 1]?.at)));
}

/** `RCS file: ` begins a file at the beginning and after the end of the one before. */
const isFile = (line: string, before: string | undefined, after: string | undefined): boolean =>
  line.startsWith('RCS file: ') &&
  (before === undefined || before === END) &&
  /^head:|^Working file:/.test(after ?? '');

function revisionsOf(file: string, lines: readonly string[]): FileRevision[] {
  const end = lines.lastIndexOf(END);
  const selected = Number(/selected revisions: (\d+)/.exec(lines.find((line) => line.startsWith('total ')) ?? '')?.[1]);
  const starts = lines.flatMap((_, at) => (isRevision(lines, at) ? [at] : []));
  const numbers = starts.map((at) => numberAt(lines, at));
  const real = trueOnes(numbers, selected).map((index) => starts[index] ?? 0);
  return real.map((at, index) => revisionAt(file, lines.slice(at, real[index + 1] ?? (end < 0 ? undefined : end))));
}

const isRevision = (lines: readonly string[], at: number): boolean =>
  lines[at] === SEPARATOR &&
  /^revision [0-9.]+(\s|$)/.test(lines[at + 1] ?? '') &&
  /^date: .*;\s+author: .*;\s+state: /.test(lines[at + 2] ?? '');

const numberAt = (lines: readonly string[], at: number): string => /[0-9.]+/.exec(lines[at + 1] ?? '')?.[0] ?? '';

/** A message with more than this many was made to confuse, which does not happen. */
const MOST_FALSE = 3;
/** As many steps as a file of many thousand revisions takes that has one. */
const MOST_STEPS = 1_000_000;

/**
 * Which of the numbers are those of the file, of which there are so many: the first is, none is there twice, and those of
 * the trunk go down. Of two with the same number the later one is, since a message speaks of what was before.
 */
export function trueOnes(numbers: readonly string[], selected: number): number[] {
  const surplus = numbers.length - selected;
  if (!(surplus > 0)) return numbers.map((_, index) => index);
  const first = (): number[] => numbers.slice(0, selected).map((_, index) => index);
  return (surplus > MOST_FALSE ? undefined : chosen(numbers, surplus)) ?? first();
}

/** Goes through the numbers, takes or skips each, and goes back where that comes to nothing. */
function chosen(numbers: readonly string[], surplus: number): number[] | undefined {
  const lastAt = new Map(numbers.map((number, index) => [number, index]));
  const taken: number[] = [];
  const known = new Set<string>();
  /** The last number of the trunk, before each that was taken. */
  const trunk: (string | undefined)[] = [undefined];
  /** What may still be tried, and what was done, of each number up to here. */
  const path: { readonly rest: boolean[]; took: boolean | undefined }[] = [];
  let skipped = 0;
  const optionsAt = (at: number): boolean[] => {
    const number = numbers[at] ?? '';
    const last = trunk.at(-1);
    const fits = !known.has(number) && (last === undefined || !isTrunk(number) || isBefore(number, last));
    const take = fits ? [true] : [];
    const skip = skipped < surplus && at > 0 ? [false] : [];
    return (lastAt.get(number) ?? at) > at ? [...skip, ...take] : [...take, ...skip];
  };
  const undo = (at: number, took: boolean | undefined): void => {
    if (took === false) skipped--;
    if (took !== true) return;
    taken.pop();
    trunk.pop();
    known.delete(numbers[at] ?? '');
  };
  path.push({ rest: optionsAt(0), took: undefined });
  for (let step = 0; step < MOST_STEPS; step++) {
    const at = path.length - 1;
    const here = path[at];
    if (here === undefined) return undefined;
    undo(at, here.took);
    here.took = here.rest.shift();
    if (here.took === undefined) {
      path.pop();
      continue;
    }
    const number = numbers[at] ?? '';
    if (here.took) {
      taken.push(at);
      trunk.push(isTrunk(number) ? number : trunk.at(-1));
      known.add(number);
    } else skipped++;
    if (at + 1 < numbers.length) path.push({ rest: optionsAt(at + 1), took: undefined });
    else if (skipped === surplus) return taken;
  }
  return undefined;
}

const isTrunk = (number: string): boolean => number.split('.').length === 2;

function isBefore(one: string, other: string): boolean {
  const [[a = 0, b = 0], [c = 0, d = 0]] = [one, other].map((number) => number.split('.').map(Number)) as [
    number[],
    number[],
  ];
  return a < c || (a === c && b < d);
}

/** @param lines from its separator to the next one, or to the end of the file */
function revisionAt(file: string, lines: readonly string[]): FileRevision {
  const facts = lines[2] ?? '';
  const message = lines.slice(/^branches:/.test(lines[3] ?? '') ? 4 : 3);
  return {
    file,
    revision: numberAt(lines, 0),
    author: fact(facts, 'author'),
    date: isoLike(fact(facts, 'date')),
    dead: fact(facts, 'state') === 'dead',
    commit: fact(facts, 'commitid') || undefined,
    log: message.map((text) => `${text}\n`).join(''),
  };
}

const fact = (facts: string, name: string): string =>
  new RegExp(`(?:^|;)\\s*${name}:\\s*([^;]*)`).exec(facts)?.[1]?.trim() ?? '';

/** Servers before 1.12 write `2026/11/24 09:58:36`, in UTC. */
const isoLike = (date: string): string =>
  /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d$/.test(date) ? `${date.replaceAll('/', '-')} +0000` : date;
