import { watch } from 'chokidar';

/** Tells of changes to one path, as inotify reports them. */
export interface PathWatch extends AsyncDisposable {
  /** Settles at the next change, or at once if there was one since the last call. */
  next(): Promise<void>;
}

/**
 * Watches one path in a local directory: its creation, change, replacement and removal.
 *
 * A hint, no proof: changes made by other hosts are not seen, so each waiter also looks by itself now and then.
 * A module of its own, because loading chokidar costs milliseconds that an uncontended lock should not pay.
 */
export async function watchPath(path: string): Promise<PathWatch> {
  const watcher = watch(path, { ignoreInitial: true, depth: 0, followSymlinks: false, persistent: true });
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
        wake = () => {
          changed = false;
          resolve();
        };
        if (changed) wake();
      }),
    [Symbol.asyncDispose]: () => watcher.close(),
  };
}
