import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '../host/error-code.js';
import { identityOf, statusOf } from './entry.js';
import type { Tree, TreeOrder } from './tree.js';

/** How many entries are looked at at once. */
const AT_ONCE = 32;
/** How long it pauses between two walks at least, and how many times as long as the last walk took. */
const WALK_PAUSE_MS = 2000;
const WALK_SHARE = 20;

/**
 * Walks a tree again and again, where inotify tells nothing of what other hosts change, or has reached a limit. It pauses for
 * {@link WALK_SHARE} times as long as it walks.
 */
export class TreeWalk implements Tree {
  readonly #order: TreeOrder;
  #known: ReadonlyMap<string, string> | undefined;
  readonly #unreadable = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(order: TreeOrder) {
    this.#order = order;
    void this.#walk();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #walk(): Promise<void> {
    const began = performance.now();
    const seen = new Map<string, string>();
    await this.#read(this.#order.root, seen);
    if (this.#isClosed) return;
    for (const path of this.#known?.keys() ?? []) {
      if (!seen.has(path)) this.#report(path, statusOf(dirname(path))?.ctimeMs ?? Date.now());
    }
    this.#known = seen;
    const pauseMs = Math.max(WALK_PAUSE_MS, (performance.now() - began) * WALK_SHARE);
    this.#timer = setTimeout(() => void this.#walk(), pauseMs).unref();
  }

  /** @param appearedMs when the directory came, with all that was in it; 0 when it was there before */
  async #read(directory: string, seen: Map<string, string>, appearedMs = 0): Promise<void> {
    let names: string[];
    try {
      names = await readdir(directory);
    } catch (error) {
      const code = errorCode(error);
      if (error instanceof Error && code !== 'ENOENT' && code !== 'ENOTDIR' && !this.#unreadable.has(directory)) {
        this.#unreadable.add(directory);
        this.#order.onProblem(error);
      }
      // What cannot be seen for a moment is not gone.
      for (const [path, mark] of this.#known ?? []) if (path.startsWith(`${directory}/`)) seen.set(path, mark);
      return;
    }
    const news = names.map((name) => join(directory, name)).filter(this.#order.isNews);
    for (let first = 0; first < news.length && !this.#isClosed; first += AT_ONCE) {
      await Promise.all(news.slice(first, first + AT_ONCE).map((path) => this.#see(path, seen, appearedMs)));
    }
  }

  #report(path: string, changedMs: number): void {
    if (!this.#order.isMereWay(path)) this.#order.onChange(path, changedMs);
  }

  async #see(path: string, seen: Map<string, string>, appearedMs: number): Promise<void> {
    let stat: Stats;
    try {
      stat = await lstat(path);
    } catch {
      return;
    }
    if (this.#isClosed) return;
    // Of a directory what is in it counts.
    const mark = stat.isDirectory() ? identityOf(stat) : `${identityOf(stat)} ${stat.ctimeMs}`;
    seen.set(path, mark);
    const isChanged =
      this.#known === undefined
        ? stat.ctimeMs >= this.#order.sinceMs && !stat.isDirectory()
        : this.#known.get(path) !== mark;
    if (isChanged) this.#report(path, Math.max(stat.ctimeMs, appearedMs));
    if (stat.isDirectory()) await this.#read(path, seen, isChanged ? Math.max(stat.ctimeMs, appearedMs) : 0);
  }
}
