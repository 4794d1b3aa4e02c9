import { follow, type Look } from './lookup.js';

/** What a compile has read, and where it has looked. All paths are absolute, their links not resolved. */
export interface Reading {
  /** The files that it read. */
  readonly inputs: readonly string[];
  /** Where names in quotes or brackets are looked for, whether they exist or not. */
  readonly directories: readonly string[];
  /** Where names in quotes alone are looked for, besides the directories of the inputs. */
  readonly quoteDirectories: readonly string[];
  /** What it asked `__has_include` for, in brackets or quotes. */
  readonly asked: readonly string[];
}

/** Gcc includes it by itself where there is one, and says nothing where there is none. */
const ALWAYS_ASKED = '<stdc-predef.h>';

/**
 * Why the same compile might read something else now than a compile that began at a moment, was given, and has ended;
 * undefined when it certainly reads the same.
 *
 * Every lookup of a compiler counts. One that found a file is among the inputs, which must be as they were. Of one that
 * found nothing before it went on to another directory nobody tells; but the same names can be looked for again in all
 * directories:
 * - Not there, and no input: it was not there then either, or it would be an input, or it is behind what was found.
 * - There, as before the beginning: the compile saw it, and what it took instead came earlier.
 * - There since then: perhaps it would be taken now.
 *
 * With `__has_include` a file that was there and is gone would be missed: there, what is absent must have been so.
 *
 * @param before what changed earlier than this, by the clock of the file system, is as the compile found it
 */
export function whyOtherInputs(reading: Reading, before: bigint, look: Look): string | undefined {
  const { inputs, asked } = reading;
  for (const input of inputs) {
    const { kind, settled } = follow(input, before, look);
    if (kind !== 'file' || !settled) return `${input} has changed`;
  }
  const searched = unique([...reading.directories, ...reading.quoteDirectories]);
  const directories = unique([...searched, ...inputs.map(directoryOf)]);
  for (const name of unique(inputs.flatMap((input) => namesOf(input, directories)))) {
    for (const directory of directories) {
      const path = `${directory}/${name}`;
      const { kind, settled } = follow(path, before, look);
      if (kind === 'unclear' || (kind !== 'absent' && !settled)) return `${path} has appeared`;
      // Gcc takes a precompiled header for the header, and its dependency file does not say so.
      if (follow(`${path}.gch`, before, look).kind !== 'absent') return `${path}.gch is there`;
      // Clang, where an option includes it.
      if (follow(`${path}.pch`, before, look).kind !== 'absent') return `${path}.pch is there`;
    }
  }
  return unique([ALWAYS_ASKED, ...asked])
    .map((question) => {
      // A name in brackets is looked for nowhere else.
      const all = question.startsWith('<') ? reading.directories : directories;
      return whyOtherAnswer(question, reading.directories, all, before, look);
    })
    .find((why) => why !== undefined);
}

function whyOtherAnswer(
  question: string,
  searched: readonly string[],
  all: readonly string[],
  before: bigint,
  look: Look,
): string | undefined {
  const name = question.slice(1, -1);
  const found = (directory: string) => follow(name.startsWith('/') ? name : `${directory}/${name}`, before, look);
  // One that is looked into in any case decides alone.
  if (searched.map(found).some(({ kind, settled }) => kind === 'file' && settled)) return undefined;
  return all.map(found).every(({ kind, settled }) => kind !== 'unclear' && settled)
    ? undefined
    : `whether there is ${question} may have changed`;
}

/** By what names an input may have been included: what remains of its path behind each directory. */
function namesOf(input: string, directories: readonly string[]): string[] {
  const path = plain(input);
  return directories
    .map((directory) => (plain(directory) === '/' ? '/' : `${plain(directory)}/`))
    .filter((directory) => path.startsWith(directory) && path.length > directory.length)
    .map((directory) => path.slice(directory.length));
}

/** Without `./` and `//`. A `..` stays: behind a link it leads elsewhere. */
const plain = (path: string): string =>
  `/${path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/')}`;

const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));
const unique = (items: readonly string[]): string[] => [...new Set(items)];
