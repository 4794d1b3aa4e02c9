import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Reports changes to some paths, from inotify. */
export interface PathWatch {
  /** Settles at the next change, or at once if there was one since the last call. */
  next(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Watches some paths in local directories: their creation, change, replacement and removal.
 *
 * A hint, no proof: changes made by other hosts are not seen, so each waiter also looks by itself now and then.
 *
 * The directory is watched, not the path in it: a watch of the path is one of the file that has this
 * name now, and stays with that file when a lock changes hands.
 */
export async function watchPaths(paths: readonly string[]): Promise<PathWatch> {
  let changed = false;
  let wake: (() => void) | undefined;
  const notify = (): void => {
    changed = true;
    wake?.();
  };
  const watchers = [...new Set(paths.map((path) => dirname(path)))].flatMap((directory) => {
    const names = new Set(paths.filter((path) => dirname(path) === directory).map((path) => basename(path)));
    return watchEntries(directory, names, notify);
  });
  return {
    next: () =>
      new Promise<void>((resolve) => {
        // Cleared only here: a change that wakes no waiter, because the last pause has ended already, must not be lost.
        if (changed) resolve();
        else wake = resolve;
        changed = false;
      }),
    close: async () => {
      for (const watcher of watchers) watcher.close();
    },
  };
}

function watchEntries(directory: string, names: ReadonlySet<string>, notify: () => void): FSWatcher[] {
  try {
    const watcher = watch(directory, (_event, name) => {
      if (name === null || names.has(name)) notify();
    });
    watcher.on('error', notify);
    return [watcher];
  } catch {
    return []; // the directory is gone, or inotify's limits are reached: the pauses go on without it
  }
}
