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
  readonly problems: readonly Problem[];
}

/** What one directory holds of leftovers. */
export interface Leftovers {
  readonly locks: readonly FoundLock[];
  readonly temporaries: readonly FoundTemporary[];
  /** Directories with facts of objects that several wanted. */
  readonly factsOf: readonly string[];
}

/** Counts what it goes through. */
export class Surveyor {
  readonly #roots: readonly string[];
  readonly #onProgress: (done: number, known: number) => void;
  #directories = 0;
  #entries = 0;
  #baseFiles = 0;
  readonly #problems: Problem[] = [];

  constructor(roots: readonly string[], onProgress: (done: number, known: number) => void) {
    this.#roots = roots;
    this.#onProgress = onProgress;
  }

  /** Goes through the trees and names every leftover, one directory after another: there may be more of them than memory should hold. */
  async *leftovers(): AsyncGenerator<Leftovers, void> {
    const visits = walk(this.#roots, {
      enter: mayEnter,
      onProblem: (path, code) => this.#problems.push({ path, why: explain(code) }),
      onProgress: this.#onProgress,
    });
    for await (const { directory, entries } of visits) {
      this.#directories++;
      this.#entries += entries.length;
      yield this.#leftoversIn(directory, entries);
    }
  }

  get survey(): Survey {
    return {
      directories: this.#directories,
      entries: this.#entries,
      baseFiles: this.#baseFiles,
      problems: this.#problems,
    };
  }

  #leftoversIn(directory: string, entries: readonly Dirent[]): Leftovers {
    const locks: FoundLock[] = [];
    const temporaries: FoundTemporary[] = [];
    const factsOf: string[] = [];
    for (const entry of entries) {
      const { name } = entry;
      if (name === MADE_ONCE && entry.isDirectory()) factsOf.push(join(directory, name));
      const leftover = recognise(name);
      if (leftover === undefined) continue;
      if (leftover.kind === 'lock') locks.push({ directory, name, leftover });
      else if (leftover.kind === 'base') this.#baseFiles++;
      // Anything else of such a name, a symbolic link say, is not what a lock tool makes.
      else if (entry.isFile() || (mayBeDirectory(leftover) && entry.isDirectory())) {
        temporaries.push({ directory, name, leftover });
      }
    }
    return { locks, temporaries, factsOf };
  }
}

function mayEnter({ name }: Dirent): boolean {
  if (name === MADE_ONCE) return false;
  const leftover = recognise(name);
  return leftover === undefined || (leftover.kind !== 'lock' && !mayBeDirectory(leftover));
}

function explain(code: string): string {
  return code === 'EACCES' || code === 'EPERM'
    ? 'no permission to read this directory'
    : `this directory could not be read (${code})`;
}

/** A lock directory that was moved away, or a directory that was compiled into. */
function mayBeDirectory(leftover: Leftover): boolean {
  return leftover.kind === 'passing' || (leftover.kind === 'product' && leftover.ours);
}
