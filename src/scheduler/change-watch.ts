import { lstatSync } from 'node:fs';
import { basename, dirname, relative } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { filesystemOf } from '../locks/index.js';

/** What to watch, and whom to tell. */
export interface WatchOrder {
  /** Absolute; what is missing is waited for. */
  readonly paths: readonly string[];
  /** How long nothing may have changed, in milliseconds. */
  readonly quietMs: number;
  /** Absolute; what changes below them is no news: the builds write there themselves. */
  readonly except: readonly string[];
  /** @param changedMs when it last changed, milliseconds since 1970, by the file system where it tells */
  readonly onQuiet: (changedMs: number) => void;
  readonly onProblem: (text: string) => void;
}

/** Where version control keeps its own; each update changes it, whether it has brought anything or not. */
const METADATA = new Set(['.git', '.hg', '.svn', 'CVS']);

/** inotify tells nothing of what other hosts change. */
const NETWORK_LOOK_MS = 2000;

/** Tells when something has changed and has then been quiet for a while. Ended by {@link ChangeWatch.close}. */
export class ChangeWatch {
  readonly #order: WatchOrder;
  readonly #watcher: FSWatcher;
  #quiet: NodeJS.Timeout | undefined;
  #changedMs = 0;

  constructor(order: WatchOrder) {
    this.#order = order;
    const { paths, except, onProblem } = order;
    this.#watcher = watch([...paths], {
      ignoreInitial: true,
      alwaysStat: true,
      followSymlinks: false,
      ignored: (path) => METADATA.has(basename(path)) || except.some((directory) => isInside(path, directory)),
      usePolling: paths.some(isOnNetwork),
      interval: NETWORK_LOOK_MS,
      binaryInterval: NETWORK_LOOK_MS,
    });
    this.#watcher.on('all', (_event, _path, stats) => this.#changed(stats?.mtimeMs ?? Date.now()));
    this.#watcher.on('error', (error) => onProblem(error instanceof Error ? error.message : String(error)));
  }

  async close(): Promise<void> {
    clearTimeout(this.#quiet);
    await this.#watcher.close();
  }

  #changed(changedMs: number): void {
    this.#changedMs = Math.max(this.#changedMs, changedMs);
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => {
      const last = this.#changedMs;
      this.#changedMs = 0;
      this.#order.onQuiet(last);
    }, this.#order.quietMs);
  }
}

/** When the newest of some files was last changed; undefined when there is none. What is no file is not looked at. */
export function lastTouched(paths: readonly string[]): number | undefined {
  const times = paths.flatMap((path) => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? [stat.mtimeMs] : [];
  });
  return times.length === 0 ? undefined : Math.max(...times);
}

function isInside(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === '' || !(way === '..' || way.startsWith('../'));
}

function isOnNetwork(path: string): boolean {
  try {
    return filesystemOf(path).reach === 'network';
  } catch {
    return dirname(path) !== path && isOnNetwork(dirname(path)); // not there yet
  }
}
