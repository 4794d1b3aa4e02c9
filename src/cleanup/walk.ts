import { type Dirent, readdir } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../host/error-code.js';

/** What a directory holds, told once for each directory of a walk. */
export interface Visit {
  readonly directory: string;
  readonly entries: readonly Dirent[];
}

export interface WalkOptions {
  /** @returns whether to go into that directory, which is never a symbolic link */
  readonly enter: (entry: Dirent) => boolean;
  readonly onVisit: (visit: Visit) => void;
  /** A directory that could not be read. */
  readonly onProblem: (directory: string, code: string) => void;
  /** Called now and then with the directories done and those known so far. */
  readonly onProgress: (done: number, known: number) => void;
}

/**
 * How many directories are asked for at once. On NFS each takes some round trips; how many run indeed at the same time
 * is up to UV_THREADPOOL_SIZE (4).
 */
const AT_ONCE = 32;

/**
 * Visits each directory below some roots, the roots included. The order is none. A directory that vanishes meanwhile is
 * left out, its entries' kinds are those of lstat(2), mount points are entered.
 *
 * The paths are taken as they are: who swaps a directory for a symbolic link behind our back has us look elsewhere, where
 * a leftover is only what would be one there, too.
 */
export function walk(roots: readonly string[], { enter, onVisit, onProblem, onProgress }: WalkOptions): Promise<void> {
  const waiting = [...roots];
  let active = 0;
  let done = 0;
  return new Promise((resolve, reject) => {
    const next = (): void => {
      while (active < AT_ONCE) {
        const directory = waiting.pop();
        if (directory === undefined) break;
        active++;
        readdir(directory, { withFileTypes: true }, (error, entries) => {
          active--;
          done++;
          try {
            if (error === null) arrive(directory, entries);
            else if (!isGone(error)) onProblem(directory, error.code ?? error.message);
            onProgress(done, done + active + waiting.length);
          } catch (failure) {
            reject(failure);
            return;
          }
          next();
        });
      }
      if (active === 0) resolve();
    };
    const arrive = (directory: string, entries: readonly Dirent[]): void => {
      for (const entry of entries) {
        if (entry.isDirectory() && enter(entry)) waiting.push(join(directory, entry.name));
      }
      onVisit({ directory, entries });
    };
    next();
  });
}

/** ENOTDIR: replaced by a file meanwhile. ESTALE: removed on the NFS server. */
function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ESTALE'].includes(errorCode(error) ?? '');
}
