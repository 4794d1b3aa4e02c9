/** How long the event loop may stand still for pieces of work, in milliseconds; one piece alone may take longer. */
const SLICE_MS = 10;

/**
 * Does many small pieces of work one after another and lets everything else have its turn in between: at the minute in which
 * a thousand builds fire, signals, ends of runs and timers are still handled.
 */
export class Slices {
  readonly #failed: (error: unknown) => void;
  readonly #nowMs: () => number;
  #pieces: (() => void)[] = [];
  #next: NodeJS.Immediate | undefined;

  /**
   * @param failed called with what a piece has thrown; the others are still done
   * @param nowMs milliseconds of a clock that is never set
   */
  constructor(failed: (error: unknown) => void, nowMs = () => performance.now()) {
    this.#failed = failed;
    this.#nowMs = nowMs;
  }

  /** A piece that is done after those that were added before, never at once. */
  add(piece: () => void): void {
    this.#pieces.push(piece);
    this.#next ??= setImmediate(() => this.#work());
  }

  /** The same for a piece with a result, which is never there when {@link clear} comes first. */
  run<T>(piece: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.add(() => {
        try {
          resolve(piece());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Does none of what is left. */
  clear(): void {
    this.#pieces = [];
    clearImmediate(this.#next);
    this.#next = undefined;
  }

  #work(): void {
    this.#next = undefined;
    const endMs = this.#nowMs() + SLICE_MS;
    const pieces = this.#pieces;
    let done = 0;
    do {
      const piece = pieces[done++];
      try {
        piece?.();
      } catch (error) {
        this.#failed(error);
      }
    } while (this.#pieces === pieces && done < pieces.length && this.#nowMs() < endMs);
    if (this.#pieces !== pieces) return; // cleared by one of them
    this.#pieces = pieces.slice(done);
    if (this.#pieces.length > 0) this.#next ??= setImmediate(() => this.#work());
  }
}
