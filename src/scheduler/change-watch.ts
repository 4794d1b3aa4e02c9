import { formatDuration } from '../text/duration.js';
import { shown } from '../text/shown.js';
import { isPassing } from './news.js';
import { ownsWhatIsAt, type ProjectFiles } from './project-files.js';
import { WatchedPath } from './watched-path.js';

/** What to watch, and whom to tell. */
export interface WatchOrder {
  /** Absolute; what is missing is waited for. */
  readonly paths: readonly string[];
  /** What was changed before that, milliseconds since 1970, is no news. */
  readonly sinceMs: number;
  /** How long nothing may have changed, in milliseconds. */
  readonly quietMs: number;
  /** What the project writes itself, which is no news. */
  readonly files: ProjectFiles;
  /** @param changedMs when it last changed, milliseconds since 1970, by the file system where it tells */
  readonly onQuiet: (changedMs: number) => void;
  readonly onProblem: (text: string) => void;
}

/** A change that never becomes quiet is reported anyway after this many times the quiet period. */
const LONGEST_STREAM = 30;
/** By how much the time stamps of a file system may be behind the clock. */
const CLOCK_GRAIN_MS = 10;
/** A change this recent may not have been reported yet. */
const HANDOVER_MS = 1000;

/**
 * Tells when something has changed and has then been quiet for a while, or does not become quiet at all. Files, such as one
 * that a hook of a repository touches, count also when they were changed before the watch had begun.
 * Ended by {@link ChangeWatch.close}.
 */
export class ChangeWatch {
  readonly #order: WatchOrder;
  #files: ProjectFiles;
  #places: readonly WatchedPath[];
  #quiet: NodeJS.Timeout | undefined;
  /** When the first unreported change was seen, by our own clock. */
  #firstSeenMs: number | undefined;
  /** Of the newest unreported change. */
  #changedMs = 0;
  /** Whether a person was warned that it does not become quiet. */
  #complained = false;

  constructor(order: WatchOrder) {
    this.#order = order;
    this.#files = order.files;
    this.#places = this.#open(order.sinceMs, Date.now() - CLOCK_GRAIN_MS);
  }

  /** To be called every few seconds, to see changes that no event reports. */
  look(): void {
    for (const place of this.#places) place.look();
  }

  /** Continues with other files of the project, without losing what is about to be reported. */
  use(files: ProjectFiles): void {
    if (files.identity === this.#files.identity) return;
    this.#files = files;
    const old = this.#places;
    // A change that is reported twice has the same time, so it runs once.
    this.#places = this.#open(this.#order.sinceMs, Date.now() - HANDOVER_MS);
    for (const place of old) place.close();
  }

  /** @returns the time of the unreported change; 0 when there is none */
  close(): number {
    clearTimeout(this.#quiet);
    for (const place of this.#places) place.close();
    return this.#changedMs;
  }

  /** Something has changed, as this watch has seen, or the one in whose place it is. */
  changed(path: string, changedMs: number): void {
    const { quietMs } = this.#order;
    this.#changedMs = Math.max(this.#changedMs, changedMs);
    this.#firstSeenMs ??= performance.now();
    const leftMs = this.#firstSeenMs + quietMs * LONGEST_STREAM - performance.now();
    clearTimeout(this.#quiet);
    this.#quiet =
      leftMs > quietMs
        ? setTimeout(() => this.#isQuiet(), quietMs)
        : setTimeout(() => this.#isRestless(path), Math.max(0, leftMs));
  }

  #isQuiet(): void {
    const before = this.#quiet;
    this.look();
    if (this.#quiet !== before) return; // not as quiet as it seemed
    this.#complained = false;
    this.#report();
  }

  #isRestless(path: string): void {
    const { quietMs, onProblem } = this.#order;
    const [stream, quiet] = [quietMs * LONGEST_STREAM, quietMs].map(formatDuration);
    if (!this.#complained) {
      onProblem(
        `${shown(path)} has been changing for ${stream} without a pause of ${quiet}. The build runs anyway.\n  If a program keeps writing it, as with a log, exclude it from \`watch\`.`,
      );
    }
    this.#complained = true;
    this.#report();
  }

  #report(): void {
    const changedMs = this.#changedMs;
    this.#changedMs = 0;
    this.#firstSeenMs = undefined;
    this.#order.onQuiet(changedMs);
  }

  #open(sinceMs: number, treeSinceMs: number): WatchedPath[] {
    const isNews = (path: string): boolean => !isPassing(path) && !this.#files.owns(path);
    const isMereWay = (path: string): boolean => this.#files.leadTo(path);
    const onChange = (path: string, changedMs: number): void => this.changed(path, changedMs);
    const { paths, onProblem } = this.#order;
    return paths
      .filter((path) => !ownsWhatIsAt(path, this.#files))
      .map((path) => new WatchedPath({ path, sinceMs, treeSinceMs, isNews, isMereWay, onChange, onProblem }));
  }
}
