import { lstatSync, type Stats } from 'node:fs';
import { basename, dirname, relative } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { filesystemOf } from '../locks/index.js';

/** What to watch, and whom to tell. */
export interface WatchOrder {
  /** Absolute; what is missing is waited for. */
  readonly paths: readonly string[];
  /** What was changed before that, milliseconds since 1970, is no news. */
  readonly sinceMs: number;
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

/** How often files are looked at besides. */
const LOOK_MS = 30_000;

/**
 * Tells when something has changed and has then been quiet for a while. Files, such as one that a hook of a repository
 * touches, are also looked at now and then: what touched them before the watch had begun, or on another host, counts as well.
 * Ended by {@link ChangeWatch.close}.
 */
export class ChangeWatch {
  readonly #order: WatchOrder;
  readonly #watcher: FSWatcher;
  readonly #looks: NodeJS.Timeout;
  #quiet: NodeJS.Timeout | undefined;
  /** Of the newest change that is not told yet. */
  #changedMs = 0;
  #seenMs: number;

  constructor(order: WatchOrder) {
    this.#order = order;
    this.#seenMs = order.sinceMs;
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
    this.#watcher.on('all', (_event, path, stats) => {
      // What is gone has changed its directory: all hosts shall call a change by the same time.
      this.#changed((stats ?? statOf(dirname(path)))?.ctimeMs ?? Date.now());
    });
    this.#watcher.on('error', (error) => onProblem(error instanceof Error ? error.message : String(error)));
    this.#looks = setInterval(() => this.#look(), LOOK_MS);
    // chokidar is ready some moments before it sees everything.
    this.#watcher.on('ready', () => setTimeout(() => this.#look(), 1000).unref());
    this.#look();
  }

  async close(): Promise<void> {
    clearTimeout(this.#quiet);
    clearInterval(this.#looks);
    await this.#watcher.close();
  }

  #look(): void {
    if (this.#watcher.closed) return;
    const touchedMs = lastTouched(this.#order.paths);
    if (touchedMs !== undefined && touchedMs > this.#seenMs) this.#changed(touchedMs);
  }

  #changed(changedMs: number): void {
    this.#seenMs = Math.max(this.#seenMs, changedMs);
    this.#changedMs = Math.max(this.#changedMs, changedMs);
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => {
      // Of changes that follow each other at once chokidar tells not all.
      const last = Math.max(this.#changedMs, lastTouched(this.#order.paths) ?? 0);
      this.#seenMs = Math.max(this.#seenMs, last);
      this.#changedMs = 0;
      this.#order.onQuiet(last);
    }, this.#order.quietMs);
  }
}

/**
 * When the newest of some files was last changed, by the clock of its file system and not by the time that somebody has given
 * it (`touch -d`, `cp -p`); undefined when there is none. What is no file is not
 * looked at.
 */
function lastTouched(paths: readonly string[]): number | undefined {
  const times = paths.flatMap((path) => {
    const stat = statOf(path);
    return stat?.isFile() ? [stat.ctimeMs] : [];
  });
  return times.length === 0 ? undefined : Math.max(...times);
}

/** Undefined when there is nothing, or it cannot be seen: the watch has said why. */
function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
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
