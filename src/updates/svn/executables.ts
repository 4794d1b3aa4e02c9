import { join } from 'node:path';
import { look } from '../look.js';
import type { Checkout, Failed } from '../version-control.js';
import { isWorkingCopy } from './places.js';
import { ownersOf } from './property.js';
import type { Tree } from './tree.js';

const ANYONE = 0o111;

/** Files that are not executable although `svn:executable` says that they are programs; for svn they are not modified. */
export async function notExecutable(checkout: Checkout, { externals }: Tree): Promise<string[] | Failed> {
  const { source } = checkout;
  const inside = externals.map(({ path }) => path).filter((path) => isWorkingCopy(join(source, path)));
  const programs = await ownersOf(checkout, 'svn:executable', ['.', ...inside]);
  if (!Array.isArray(programs)) return programs;
  return programs.map(({ path }) => path).filter((path) => isPlain(join(source, path)));
}

function isPlain(path: string): boolean {
  const stats = look(path);
  return stats?.isFile() === true && (stats.mode & ANYONE) === 0;
}
