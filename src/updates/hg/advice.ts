import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { real, workTreeOf } from '../../config/work-tree.js';
import { shellWord } from '../../text/shell-word.js';
import type { Checkout } from '../version-control.js';

/** The top of the work tree that a source is, or is a part of. */
export function topOf({ source }: Pick<Checkout, 'source'>): string {
  return workTreeOf(source, 'hg')?.top ?? real(source);
}

/** Where hg keeps its own files of a source. */
export function administrationOf(source: string): string {
  return workTreeOf(source, 'hg')?.administration ?? join(source, '.hg');
}

/** A command of hg for a person to copy, that works in whatever directory they are. */
export function hgLine(checkout: Checkout, ...args: readonly string[]): string {
  return [checkout.client ?? 'hg', '-R', topOf(checkout), ...args].map(shellWord).join(' ');
}

/** Has a person put aside what stands at a path of the work tree, under a name that is free. */
export function asideLine(top: string, path: string): string {
  const from = join(top, path);
  let to = `${from}.mine`;
  for (let n = 1; isThere(to); n++) to = `${from}.mine.${n}`;
  return ['mv', '--', from, to].map(shellWord).join(' ');
}

/** A message with commands to be copied below it. */
export function withAdvice(message: string, lines: readonly string[]): string {
  return [message, ...lines.map((line) => `  ${line}`)].join('\n');
}

export const isThere = (path: string | Buffer): boolean => {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // ENOTDIR
  }
};
