import { accessSync, constants, lstatSync, readlinkSync, type Stats, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../host/error-code.js';
import { MOST_LINKS, PROC_MAGIC } from '../tables/compiles.js';
import * as says from '../tables/messages.js';
import type { Habit } from './habit.js';

/** Where a product comes to lie. */
export type Destination =
  /** A file of this path, new or in the place of the old one: the target itself, or what the link of that name leads to. */
  | { readonly kind: 'file'; readonly path: string }
  /** It can only be written in place: it has other names, which shall stay, or may not be replaced by us. */
  | { readonly kind: 'in-place'; readonly path: string; readonly why: string }
  /** No file of ours: a device, a pipe, an open file, a directory, a link to nowhere. */
  | { readonly kind: 'foreign'; readonly why: string };

/** The habit of those whose product replaces whatever file is there. */
export const REPLACES: Habit = { kind: 'replaces', certain: true };

/**
 * Judges what the name of an output leads to, as the tool itself would, which finds it so or otherwise a moment later. Nothing
 * is changed. native/destination.c judges the same.
 *
 * @param habit of who writes it; asked for where it matters
 */
export function destinationOf(target: string, habit: () => Habit): Destination {
  const named = attempt(() => lstatSync(target, { throwIfNoEntry: false }));
  if (named === undefined) return { kind: 'file', path: target };
  if (named.isFile()) return judgeFile(target, undefined, named, habit);
  if (!named.isSymbolicLink()) return { kind: 'foreign', why: says.outputIsNotRegular };
  const end = endOf(target);
  if (end === undefined) {
    return { kind: 'foreign', why: says.outputIsOpen };
  }
  const there = statOf(end);
  if (typeof there === 'string') {
    const possible = there === 'ENOENT' && !end.endsWith('/') && typeof statOf(dirname(end)) !== 'string';
    if (possible) return judgeFile(target, end, undefined, habit);
    return { kind: 'foreign', why: says.outputLeadsNowhere };
  }
  return there.isFile() ? judgeFile(target, end, there, habit) : { kind: 'foreign', why: says.outputIsNotRegular };
}

/** @param end what the link of that name leads to, if it is one */
function judgeFile(target: string, end: string | undefined, file: Stats | undefined, habit: () => Habit): Destination {
  const { kind, certain } = end !== undefined || (file?.nlink ?? 1) > 1 ? habit() : REPLACES;
  const through = writesInto(kind, file);
  if (through && !certain) {
    return { kind: 'in-place', path: target, why: says.unclearLink };
  }
  const path = through && end !== undefined ? end : target;
  if (through && (file?.nlink ?? 1) > 1) {
    return { kind: 'in-place', path, why: says.otherNames };
  }
  if (file !== undefined && isIrreplaceable(path, file)) {
    return { kind: 'in-place', path, why: says.notReplaceable };
  }
  return { kind: 'file', path };
}

function writesInto(kind: Habit['kind'], file: Stats | undefined): boolean {
  return kind === 'writes' || (kind === 'removes-filled' && (file === undefined || file.size === 0));
}

/** Whether a rename over a file that is there would be refused. */
function isIrreplaceable(path: string, file: Stats): boolean {
  const directory = dirname(path);
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch {
    return true;
  }
  const user = process.geteuid?.();
  if (file.uid === user || user === 0) return false;
  const around = statSync(directory, { throwIfNoEntry: false });
  return around !== undefined && (around.mode & 0o1000) !== 0 && around.uid !== user;
}

/** What a link leads to in the end, whether or not that is there. Undefined for a loop, and for an open file (/proc/self/fd/1). */
function endOf(link: string): string | undefined {
  let path = link;
  for (let links = 0; links < MOST_LINKS; links++) {
    const directory = dirname(path);
    if (attempt(() => statfsSync(directory))?.type === PROC_MAGIC) return undefined;
    const to = attempt(() => readlinkSync(path));
    if (to === undefined) return path;
    path = to.startsWith('/') ? to : `${directory}/${to}`;
  }
  return undefined;
}

function statOf(path: string): Stats | string {
  try {
    return statSync(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    return code;
  }
}

/** Undefined where the system refuses. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}
