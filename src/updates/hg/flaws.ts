import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { exists, isDirectory, look } from '../look.js';
import type { Checkout, Fault } from '../version-control.js';
import { asideLine, hgLine } from './advice.js';
import type { Entry } from './looks.js';
import { endOf, type Unfinished } from './unfinished.js';

/** What keeps a tree from being a revision, and what moving it there once more can do about it. */
export interface Flaw extends Fault {
  /** What ends it and loses nothing, where that is so in each mode. */
  readonly mend?: { readonly checkout: Checkout; readonly args: readonly string[] };
  /** Whether `hg update --clean` ends it. */
  readonly isCleanable: boolean;
}

/** A repository that is looked at. */
export interface Where {
  readonly checkout: Checkout;
  /** What it is below, as messages name it. */
  readonly prefix: string;
  readonly revision: string;
}

export function flawsOfUnfinished({ checkout, prefix, revision }: Where, unfinished: Unfinished | undefined): Flaw[] {
  if (unfinished === undefined) return [];
  const { command, note } = unfinished;
  const lost = command === 'update' ? 'all local changes are discarded' : 'what it did is discarded';
  const what = `an hg ${command} is unfinished (the commands below end it; ${lost}):`;
  const advice = endOf(checkout, unfinished, revision);
  const isCleanable = command === 'update' || command === 'graft';
  return [{ what, paths: [prefix + note], advice, isCleanable }];
}

export function flawsOfMerge(
  { checkout, prefix }: Where,
  second: string | undefined,
  unfinished: Unfinished | undefined,
): Flaw[] {
  if (second === undefined) return [];
  const what = `a merge with ${second} is not committed${prefix === '' ? '' : ` in ${prefix.slice(0, -1)}`}`;
  const advice = unfinished === undefined ? [hgLine(checkout, 'merge', '--abort')] : [];
  return [{ what, paths: [], advice, isCleanable: true }];
}

/** What a person has written stays beside each file. */
export function flawsOfConflicts({ checkout, prefix }: Where, paths: readonly string[], isEnded: boolean): Flaw[] {
  if (paths.length === 0) return [];
  const advice = [
    hgLine(checkout, 'revert', '-r', '.', 'set:unresolved()'),
    hgLine(checkout, 'resolve', '--mark', '--all'),
  ];
  const named = paths.map((path) => prefix + path);
  return [{ what: 'conflicts in', paths: named, advice: isEnded ? [] : advice, isCleanable: true }];
}

/** A file that is only gone comes back; what stands in its place belongs to a person. */
export function flawsOfMissing({ checkout, prefix }: Where, entries: readonly Entry[]): Flaw[] {
  if (entries.length === 0) return [];
  const top = checkout.source;
  const standing = entries.map(({ bytes }) => standingAt(top, bytes));
  const inTheWay = [...new Set(standing.flatMap((path) => path ?? []))].sort();
  // Of a large file hg looks at what stands for it.
  const large = entries.filter(({ path }) => exists(join(top, '.hglf', path))).map(({ path }) => `path:${path}`);
  const args = ['revert', '-r', '.', 'set:missing()', ...large];
  const advice = [...inTheWay.map((path) => asideLine(top, path)), hgLine(checkout, ...args)];
  if (inTheWay.length === 0) {
    const paths = entries.map(({ path }) => prefix + path).sort();
    return [{ what: 'missing files:', paths, advice, mend: { checkout, args }, isCleanable: true }];
  }
  const paths = inTheWay.map((path) => prefix + path);
  return [{ what: 'something else stands in the place of', paths, advice, isCleanable: false }];
}

/** A subrepository elsewhere is told by the repository around it. */
export function flawsOfParent(
  { checkout, prefix, revision }: Where,
  first: string | undefined,
  branch: string | undefined,
  unfinished: Unfinished | undefined,
): Flaw[] {
  if (first === revision || prefix !== '') return [];
  const at = first === undefined ? 'nothing is checked out' : `it is at ${first} (branch ${JSON.stringify(branch)})`;
  // hg has forgotten what it wrote there, and would not go over files that have been changed since.
  const isForgotten = first === undefined && isOccupied(checkout.source);
  const command = isForgotten ? 'debugrebuilddirstate' : 'update';
  const advice = unfinished === undefined ? [hgLine(checkout, command, '-r', revision)] : [];
  return [{ what: `${at} instead of ${revision}`, paths: [], advice, isCleanable: true }];
}

/** Whether there is anything at a path besides a directory with a repository and nothing else. */
export function isOccupied(path: string): boolean {
  if (!exists(path)) return false;
  return !lstatSync(path).isDirectory() || readdirSync(path).some((name) => name !== '.hg');
}

/** What stands where a path should lead: on the way to it, or at its end. */
function standingAt(top: string, bytes: Buffer): string | undefined {
  return standingBefore(top, bytes) ?? (exists(within(top, bytes)) ? bytes.toString() : undefined);
}

/** What stands on the way to a path, where hg follows none: anything but a directory, or another repository in one. */
export function standingBefore(top: string, bytes: Buffer): string | undefined {
  const slash = '/'.charCodeAt(0);
  for (let end = bytes.indexOf(slash); end >= 0; end = bytes.indexOf(slash, end + 1)) {
    const path = within(top, bytes.subarray(0, end));
    const stat = look(path);
    if (stat === undefined) return undefined;
    if (!stat.isDirectory()) return bytes.toString('utf8', 0, end);
    if (isDirectory(Buffer.concat([path, Buffer.from('/.hg')]))) return `${bytes.toString('utf8', 0, end)}/.hg`;
  }
  return undefined;
}

const within = (top: string, bytes: Buffer): Buffer => Buffer.concat([Buffer.from(`${top}/`), bytes]);
