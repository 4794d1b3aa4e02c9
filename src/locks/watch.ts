/** Tells of changes to some paths, as inotify reports them. */
export interface PathWatch {
  /** Settles at the next change, or at once if there was one since the last call. */
  next(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Watches some paths in local directories: their creation, change, replacement and removal.
 *
 * A hint, no proof: changes made by other hosts are not seen, so each waiter also looks by itself now and then.
 * Loads chokidar only now: an uncontended lock should not pay for it.
 */
export async function watchPaths(paths: readonly string[]): Promise<PathWatch> {
  const { watch } = await import('chokidar');
  // atomic: chokidar would hold a removal back for 100 ms, to see whether an editor puts the file back.
  const watcher = watch([...paths], { ignoreInitial: true, depth: 0, followSymlinks: false, atomic: false });
  let changed = false;
  let wake: (() => void) | undefined;
  const notify = (): void => {
    changed = true;
    wake?.();
  };
  watcher.on('all', notify);
  watcher.on('error', notify); // inotify's limits are reached: the pauses go on without it
  await new Promise<void>((resolve) => {
    watcher.once('ready', resolve);
    watcher.once('error', () => resolve());
  });
  return {
    next: () =>
      new Promise<void>((resolve) => {
        // Cleared only here: a change that wakes nobody, because the last pause has ended already, must not be lost.
        if (changed) resolve();
        else wake = resolve;
        changed = false;
      }),
    close: () => watcher.close(),
  };
}
