import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import { type Leftover, recognise } from './leftover.js';
import { MADE_ONCE } from './made-once.js';
import type { Problem } from './problem.js';
import { walk } from './walk.js';

/** A leftover where it was seen. */
export interface Found<Kind extends Leftover['kind']> {
  readonly directory: string;
  readonly name: string;
  readonly leftover: Extract<Leftover, { readonly kind: Kind }>;
}

export type FoundLock = Found<'lock'>;
export type FoundTemporary = Found<'product' | 'launched' | 'passing'>;

/** What some trees hold. */
export interface Survey {
  readonly directories: number;
  readonly entries: number;
  /** `T.lock` files, which stay. */
  readonly baseFiles: number;
  readonly locks: readonly FoundLock[];
  readonly temporaries: readonly FoundTemporary[];
  /** Directories with facts of objects that several wanted. */
  readonly factsOf: readonly string[];
  readonly problems: readonly Problem[];
}

/** Walks some trees and notes every leftover by its name. Nothing is judged yet and nothing is changed. */
export async function survey(
  roots: readonly string[],
  onProgress: (done: number, known: number) => void,
): Promise<Survey> {
  let directories = 0;
  let entries = 0;
  let baseFiles = 0;
  const locks: FoundLock[] = [];
  const temporaries: FoundTemporary[] = [];
  const factsOf: string[] = [];
  const problems: Problem[] = [];

  const note = (directory: string, entry: Dirent): void => {
    const { name } = entry;
    if (name === MADE_ONCE && entry.isDirectory()) factsOf.push(join(directory, name));
    const leftover = recognise(name);
    if (leftover === undefined) return;
    if (leftover.kind === 'lock') locks.push({ directory, name, leftover });
    else if (leftover.kind === 'base') baseFiles++;
    // Anything else of such a name, a symbolic link say, is not what a lock tool makes.
    else if (entry.isFile() || (mayBeDirectory(leftover) && entry.isDirectory())) {
      temporaries.push({ directory, name, leftover });
    }
  };
  await walk(roots, {
    enter: ({ name }) => {
      if (name === MADE_ONCE) return false;
      const leftover = recognise(name);
      return leftover === undefined || (leftover.kind !== 'lock' && !mayBeDirectory(leftover));
    },
    onVisit: (visit) => {
      directories++;
      entries += visit.entries.length;
      for (const entry of visit.entries) note(visit.directory, entry);
    },
    onProblem: (path, code) => problems.push({ path, why: explain(code) }),
    onProgress,
  });
  return { directories, entries, baseFiles, locks, temporaries, factsOf, problems };
}

function explain(code: string): string {
  return code === 'EACCES' || code === 'EPERM'
    ? 'this directory may not be read by us'
    : `this directory could not be read (${code})`;
}

/** A lock directory that was moved away, or a directory that was compiled into. */
function mayBeDirectory(leftover: Leftover): boolean {
  return leftover.kind === 'passing' || (leftover.kind === 'product' && leftover.ours);
}
