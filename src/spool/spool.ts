import { lstatSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAbandoned, removeAbandoned } from '../files/abandoned.js';
import { namesIn } from '../files/directory-entries.js';
import { errorCode } from '../host/error-code.js';
import { thisHost } from '../host/host.js';
import { type Attempts, dueAt } from './attempts.js';
import { type Entry, entryName, parseEntry } from './entry.js';

/*
 * A spool is a directory of things that are still to be delivered, each an entry of its own, a file or a directory. An entry
 * appears whole, by one rename(2), and goes when it is delivered or given up. Any process may put something there at any time;
 * only who has the lock of the delivery (see delivery.ts) renames or removes.
 *
 * The name of an entry tells what a decision needs; see entry.ts. The content is what counts: it is written before the name,
 * so that who dies in between leaves a name that says too little, and the next one who looks reads the content and mends it.
 */

/** What waits in a spool. */
export interface Spooled extends Attempts {
  /** Its file or directory. */
  readonly path: string;
  /** When it was put there; ISO 8601. */
  readonly since: string;
}

/** What the entries of one kind of spool look like. */
export interface Form<Item extends Spooled> {
  /** What a name has to be without attempts and extension. */
  readonly stem: RegExp;
  /** Of the names of files; empty for directories. */
  readonly extension: string;
  /** How many bytes an entry has, where that is limited. */
  readonly bytesOf?: (entry: Entry) => number;
  /** The earliest time at which an entry may have come, where its name tells; milliseconds since 1970. */
  readonly bornMs?: (entry: Entry) => number;
  /** @returns what is in the way, for a person to look at; undefined when nothing is left of it. @throws the system's error */
  readonly read: (path: string) => Item | string | undefined;
}

export class Spool<Item extends Spooled> {
  readonly directory: string;
  readonly #form: Form<Item>;

  constructor(directory: string, form: Form<Item>) {
    this.directory = directory;
    this.#form = form;
  }

  /** Oldest first, by their names alone; none when there is no spool. @throws the system's error */
  entries(): Entry[] {
    const { stem, extension } = this.#form;
    return namesIn(this.directory).flatMap((name) => {
      const entry = parseEntry(this.directory, name, extension);
      return entry !== undefined && stem.test(entry.stem) ? [entry] : [];
    });
  }

  /** Whether anything waits; every run asks. @throws the system's error */
  isEmpty(): boolean {
    return this.entries().length === 0;
  }

  /** Whether one of them is such, by its name. @throws the system's error */
  has(isSuch: (entry: Entry) => boolean): boolean {
    return this.entries().some(isSuch);
  }

  bytesOf(entry: Entry): number {
    return this.#form.bytesOf?.(entry) ?? 0;
  }

  bornMs(entry: Entry): number {
    return this.#form.bornMs?.(entry) ?? Number.NEGATIVE_INFINITY;
  }

  /** As {@link Form.read}. */
  read({ path }: Pick<Entry, 'path'>): Item | string | undefined {
    return this.#form.read(path);
  }

  /** Everything, and what is in the way; for people who ask. @throws the system's error */
  readAll(): { readonly items: Item[]; readonly problems: string[] } {
    const items: Item[] = [];
    const problems: string[] = [];
    for (const entry of this.entries()) {
      const read = this.read(entry);
      if (typeof read === 'string') problems.push(read);
      else if (read !== undefined) items.push(read);
    }
    return { items, problems };
  }

  /**
   * When the first of them is due, in milliseconds since 1970. Only what may be the answer is read: one entry, but for those
   * that are in the way.
   *
   * @returns undefined when nothing waits that can be delivered
   * @throws the system's error
   */
  nextDueMs(nowMs: number): number | undefined {
    const named = this.entries().map((entry) => ({ entry, atMs: dueAt(entry.attempts, nowMs) }));
    let first: number | undefined;
    for (const { entry, atMs } of named.sort((a, b) => a.atMs - b.atMs)) {
      if (first !== undefined && atMs >= first) break;
      const read = this.read(entry);
      if (typeof read !== 'object') continue;
      first = Math.min(first ?? Number.POSITIVE_INFINITY, dueAt(read, nowMs));
    }
    return first;
  }

  /**
   * Has the name of an entry say nothing of attempts while one is made. A process that finds it after a crash reads what its content
   * says.
   */
  take(entry: Entry): Entry {
    return { ...entry, path: this.rename(entry, { tries: 0 }) };
  }

  /** Has the name of an entry say what its content does. @returns its path */
  rename({ path, stem }: Entry, attempts: Attempts): string {
    const to = join(this.directory, entryName(stem, attempts, this.#form.extension));
    if (to === path) return path;
    try {
      renameSync(path, to);
      return to;
    } catch (error) {
      // What has the other name is none of ours; the entry is read each time, and that is all.
      if (KEEPS_ITS_NAME.has(errorCode(error) ?? '')) return path;
      throw error;
    }
  }

  /** Removes what processes have left that died while they put something here. @param nowMs milliseconds since 1970 */
  tidy(nowMs: number): void {
    if (this.#form.extension !== '') {
      removeAbandoned(this.directory, nowMs);
      return;
    }
    for (const name of namesIn(this.directory).filter((name) => name.endsWith('.tmp'))) {
      const path = join(this.directory, name);
      const changedMs = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs;
      if (changedMs !== undefined && isAbandoned(name, { changedMs, nowMs }, thisHost())) {
        rmSync(path, { recursive: true, force: true });
      }
    }
  }
}

const KEEPS_ITS_NAME: ReadonlySet<string> = new Set(['EEXIST', 'EISDIR', 'ENOENT', 'ENOTDIR', 'ENOTEMPTY']);
