import { join } from 'node:path';
import { real, workTreeOf } from '../../config/work-tree.js';
import { shellWord } from '../../text/shell-word.js';
import { asideLine as asideCommand } from '../aside.js';
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
  return asideCommand(join(top, path));
}
