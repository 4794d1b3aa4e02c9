import { endedByItself } from '../client.js';
import type { Checkout, Failed } from '../version-control.js';
import { cvsFailure, runCvs } from './command.js';
import { type Place, placeOf } from './place.js';

/** What an update does, or would do, by the letters that cvs writes before each path. Sorted. */
export interface Said {
  readonly kind: 'said';
  readonly news: boolean;
  readonly modified: readonly string[];
  /** Also what lies in the way of a new file. */
  readonly conflicting: readonly string[];
  readonly unknown: readonly string[];
  /** Files that it brings: new ones, and changed ones that a person has not changed, too. */
  readonly brought: readonly string[];
  /** Files that a person wants to remove. */
  readonly removed: readonly string[];
  /** Of the modified ones those into which the repository's changes are merged. */
  readonly merged: readonly string[];
  /** Files that are no more in the repository, and that it removes, or forgets. */
  readonly gone: readonly string[];
  /** Directories that it makes. */
  readonly made: readonly string[];
  /** Directories that are no more in the repository: as if nothing were known of them, it leaves all files there. */
  readonly skipped: readonly string[];
  /** The place of each of these paths. */
  readonly at: (path: string) => Place;
}

/** Keeps cvs from naming unknown files: one with a line break in its name ends it. */
const SILENT = ['-I', '*'];

/** Has cvs say what an update would do, without doing it. */
export function rehearse(
  checkout: Checkout,
  update: readonly string[],
  unknown: 'with-unknown' | 'without-unknown' = 'without-unknown',
): Promise<Said | Failed> {
  return said(checkout, ['-n', '-q', ...update, ...(unknown === 'with-unknown' ? [] : SILENT)]);
}

/** Runs an update and reads what cvs says of it. */
export async function said(checkout: Checkout, args: readonly string[]): Promise<Said | Failed> {
  const chunks: Buffer[] = [];
  const result = await runCvs(checkout, args, (chunk) => chunks.push(chunk));
  const lines = readLines(Buffer.concat(chunks));
  const complaints = result.kind === 'not-found' ? '' : result.stderr;
  // Exit code 1 only says that there are conflicts.
  const fails = result.kind !== 'ok' && !(endedByItself(result) && lines.some(({ letter }) => letter === 'C'));
  if (fails) return { kind: 'failed', message: cvsFailure(checkout, args, result) };
  const destroyed = complaints.split('\n').filter((line) => NO_RCS_FILE.test(line));
  if (destroyed.length > 0) {
    // cvs takes such a file for one that was removed, and has exit code 0.
    return { kind: 'failed', message: `${checkout.source}:\n${[...new Set(destroyed)].join('\n')}` };
  }
  const of = (letters: string): string[] =>
    [...new Set(lines.flatMap(({ letter, place }) => (letters.includes(letter) ? [place.path] : [])))].sort();
  // Of a file that was to be added and is gone cvs first forgets that; what the repository has of that name it brings only then.
  const disappeared = /new-born .* has disappeared/.test(complaints);
  const gone = namesAfter(complaints, /[`'](.*)' is (?:no longer in the repository|not \(any longer\) pertinent)$/);
  const made = namesAfter(complaints, /New directory [`'](.*)' -- ignored$/);
  const places = new Map(lines.map(({ place }) => [place.path, place]));
  return {
    kind: 'said',
    news: disappeared || gone.length + made.length > 0 || of('UPC').length > 0 || lines.some(({ merged }) => merged),
    modified: of('MAR'),
    conflicting: of('C'),
    unknown: of('?'),
    brought: of('UP'),
    removed: of('R'),
    merged: lines.flatMap(({ letter, merged, place }) => (merged && letter === 'M' ? [place.path] : [])).sort(),
    gone,
    made,
    skipped: namesAfter(complaints, /: skipping directory (.*)$/),
    at: (path) => places.get(path) ?? placeOf(Buffer.from(path)),
  };
}

const NO_RCS_FILE = /does not appear to be a valid rcs file/i;

interface Line {
  readonly letter: string;
  readonly place: Place;
  /** cvs says of no file but the next one that it merges. */
  readonly merged: boolean;
}

function readLines(bytes: Buffer): Line[] {
  const lines: Line[] = [];
  let merged = false;
  for (const line of bytes.toString('latin1').split('\n')) {
    if (line.startsWith('Merging differences between ')) merged = true;
    if (!/^[UPMACR?] /.test(line)) continue;
    lines.push({ letter: line.charAt(0), place: placeOf(Buffer.from(line.slice(2), 'latin1')), merged });
    merged = false;
  }
  return lines;
}

const namesAfter = (text: string, pattern: RegExp): string[] =>
  [...new Set(text.split('\n').flatMap((line) => pattern.exec(line)?.[1] ?? []))].sort();
