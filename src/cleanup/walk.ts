import { type Dirent, readdir } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../host/error-code.js';

/** What a directory holds, reported once for each directory of a walk. */
export interface Visit {
  readonly directory: string;
  readonly entries: readonly Dirent[];
}

export interface WalkOptions {
  /** @returns whether to go into that directory, which is never a symbolic link */
  readonly enter: (entry: Dirent) => boolean;
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
 * left out, its entries' kinds are those of lstat(2), mount points are entered. What the caller does with a visit is done
 * before the next one comes, and no more than {@link AT_ONCE} are kept for it.
 *
 * The paths are taken as they are: who swaps a directory for a symbolic link behind our back has us look elsewhere, where
 * a leftover is only what would be one there, too.
 */
export async function* walk(
  roots: readonly string[],
  { enter, onProblem, onProgress }: WalkOptions,
): AsyncGenerator<Visit, void> {
  const waiting = [...roots];
  const arrived: Visit[] = [];
  let active = 0;
  let done = 0;
  let wake = (): void => undefined;
  const read = (directory: string): void => {
    active++;
    readdir(directory, { withFileTypes: true }, (error, entries) => {
      active--;
      if (error === null) arrived.push({ directory, entries });
      else if (!isGone(error)) onProblem(directory, error.code ?? error.message);
      wake();
    });
  };
  for (;;) {
    while (active + arrived.length < AT_ONCE) {
      const directory = waiting.pop();
      if (directory === undefined) break;
      read(directory);
    }
    const visit = arrived.shift();
    if (visit === undefined) {
      if (active === 0) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      continue;
    }
    for (const entry of visit.entries) {
      if (entry.isDirectory() && enter(entry)) waiting.push(join(visit.directory, entry.name));
    }
    yield visit;
    done++;
    onProgress(done, done + active + arrived.length + waiting.length);
  }
}

/** ENOTDIR: replaced by a file meanwhile. ESTALE: removed on the NFS server. */
function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ESTALE'].includes(errorCode(error) ?? '');
}
