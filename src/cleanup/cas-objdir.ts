import { basename, dirname, join, normalize, resolve } from 'node:path';
import { namesIn } from '../files/directory-entries.js';
import { type CtSurroundings, gitRootOf } from './ct-conf.js';

/** The parts of the name of a variant, which dots, commas and spaces separate. */
export function variantParts(variant: string): string[] {
  return variant.split(/[\s,.]+/).filter((part) => part !== '');
}

export interface CasChoice {
  /** As given, or as configured. */
  readonly path: string;
  /** The parts of the variant that was asked for; none for all. */
  readonly variant: readonly string[];
  /** Whether it was asked for on the command line, so that it has to be there. */
  readonly isNamed: boolean;
  readonly allVariants: boolean;
}

/**
 * The object directory that compiletools means. It appends the variant, as `CAS-OBJDIR/gcc.debug`, and takes a relative one from the root
 * of the repository. Without a variant it is all of them, since a stale lock is one in each. The order of the parts in a name is compiletools'
 * own: any directory of the same parts is meant.
 */
export function casObjdir({ path, variant, isNamed, allVariants }: CasChoice, { directory }: CtSurroundings): string {
  const pool = normalize(resolve(gitRootOf(directory), path));
  const isOf = (name: string): boolean =>
    variant.length > 0 && variantParts(name).sort().join('.') === [...variant].sort().join('.');
  if (allVariants) return isOf(basename(pool)) ? dirname(pool) : pool;
  if (variant.length === 0 || isOf(basename(pool))) return pool;
  const cell = namesIn(pool).find(isOf);
  if (cell === undefined && !isNamed) return pool;
  return join(pool, cell ?? variant.join('.'));
}
