import { type FSWatcher, watch } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../host/error-code.js';
import { identityOf, statusOf } from './entry.js';
import type { Tree, TreeOrder } from './tree.js';

/** Events of one moment are looked at together: a file that is written comes with hundreds of them. */
const GATHER_MS = 20;
/** So many entries are looked at without a pause. */
const MOST_LOOKS = 2000;
/** How many entries are looked at at once. */
const AT_ONCE = 32;

/** A directory and its watch. */
interface Watched {
  readonly identity: string;
  readonly watcher: FSWatcher;
}

/**
 * Watches all directories of a tree by inotify, one watch for each, which also reports the files in it.
 *
 * An event only says where to look; what is there then decides. A directory is watched before it is read, so nothing falls
 * between the two, and one that was removed and made again is another one although it has the same name.
 */
export class TreeWatch implements Tree {
  readonly #order: TreeOrder;
  readonly #directories = new Map<string, Watched>();
  readonly #dirty = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(order: TreeOrder) {
    this.#order = order;
  }

  start(): void {
    void this.#enter(this.#order.root, this.#order.sinceMs);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const { watcher } of this.#directories.values()) watcher.close();
    this.#directories.clear();
  }

  /**
   * Watches a directory and all below it.
   *
   * @param sinceMs tells what was changed since then
   * @param appearedMs when the directory itself came, with all that was in it
   */
  async #enter(directory: string, sinceMs: number, appearedMs = 0): Promise<void> {
    if (!this.#open(directory)) return;
    let entries: { name: string; isDirectory: () => boolean }[];
    try {
      entries = await readdir(directory, { withFileTypes: true });
    } catch (error) {
      this.#fails(error);
      return;
    }
    const paths = entries.map((entry) => ({ path: join(directory, entry.name), isDirectory: entry.isDirectory() }));
    const news = paths.filter(({ path }) => this.#order.isNews(path));
    for (let first = 0; first < news.length && !this.#isClosed; first += AT_ONCE) {
      await Promise.all(
        news.slice(first, first + AT_ONCE).map(async ({ path, isDirectory }) => {
          const changedMs = await changedOf(path);
          if (this.#isClosed) return;
          if (isDirectory) await this.#enter(path, sinceMs, appearedMs);
          else if (changedMs !== undefined && changedMs >= sinceMs) this.#report(path, Math.max(changedMs, appearedMs));
        }),
      );
    }
  }

  /** @returns whether the directory is to be read */
  #open(directory: string): boolean {
    if (this.#isClosed) return false;
    const stat = statusOf(directory);
    if (stat === undefined || !stat.isDirectory()) return false;
    if (this.#directories.get(directory)?.identity === identityOf(stat)) return false;
    try {
      this.#leave((path) => path === directory);
      const watcher = watch(directory, { persistent: false }, (event, name) => this.#hear(directory, event, name));
      watcher.on('error', (error) => this.#fails(error));
      this.#directories.set(directory, { identity: identityOf(stat), watcher });
      return true;
    } catch (error) {
      this.#fails(error);
      return false;
    }
  }

  #hear(directory: string, event: string, name: string | null): void {
    // Of a directory itself inotify tells by its own name: its permissions are no news, and its end is seen from above.
    const path = name === null ? directory : join(directory, name);
    if (event === 'change' && name === basename(directory) && statusOf(path) === undefined) return;
    if (name !== null && !this.#order.isNews(path)) return;
    this.#dirty.add(path);
    this.#timer ??= setTimeout(() => this.#look(), GATHER_MS);
  }

  #look(): void {
    this.#timer = undefined;
    const paths = [...this.#dirty].slice(0, MOST_LOOKS);
    for (const path of paths) this.#dirty.delete(path);
    if (this.#dirty.size > 0) this.#timer = setTimeout(() => this.#look(), 0);
    const gone = new Set<string>();
    for (const path of paths) {
      const stat = statusOf(path);
      if (stat === undefined) gone.add(path);
      else if (!stat.isDirectory()) this.#report(path, stat.ctimeMs);
      else if (this.#directories.get(path)?.identity !== identityOf(stat)) {
        this.#report(path, stat.ctimeMs);
        this.#leave((below) => isBelow(below, path));
        void this.#enter(path, 0, stat.ctimeMs);
      }
      if (this.#isClosed) return;
    }
    if (gone.size > 0) this.#lose(gone);
  }

  #lose(gone: ReadonlySet<string>): void {
    if ([...gone].some((path) => this.#directories.has(path))) this.#leave((path) => isWithin(path, gone));
    for (const path of gone) {
      // A removal changes its directory: all hosts must give a change the same time.
      const above = statusOf(dirname(path));
      if (above !== undefined) this.#report(path, above.ctimeMs);
    }
  }

  #report(path: string, changedMs: number): void {
    if (!this.#order.isMereWay(path)) this.#order.onChange(path, changedMs);
  }

  #leave(which: (directory: string) => boolean): void {
    for (const [directory, { watcher }] of this.#directories) {
      if (!which(directory)) continue;
      watcher.close();
      this.#directories.delete(directory);
    }
  }

  #fails(error: unknown): void {
    if (this.#isClosed || !(error instanceof Error)) return;
    const code = errorCode(error);
    // Gone between two looks.
    if (code !== 'ENOENT' && code !== 'ENOTDIR') this.#order.onProblem(error);
  }
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

/** Whether a path or a directory that it is in is among some. */
function isWithin(path: string, places: ReadonlySet<string>): boolean {
  return places.has(path) || (path !== dirname(path) && isWithin(dirname(path), places));
}

async function changedOf(path: string): Promise<number | undefined> {
  try {
    return (await lstat(path)).ctimeMs;
  } catch {
    return undefined;
  }
}
