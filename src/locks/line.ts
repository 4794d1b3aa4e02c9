/** So many of one process stand in the queue of the host. */
const MOST_NEAR = 8;

const lines = new Map<string, Set<PlaceInLine>>();

/**
 * A place among those of this process who wait for one lock, in the order in which they came. Only the first few of them stand
 * in the queue of the host, which takes each an open file and a look now and then; the others sleep until one of these leaves.
 */
export class PlaceInLine {
  readonly #path: string;
  #isNear = false;
  #wake: (() => void) | undefined;

  private constructor(path: string) {
    this.#path = path;
  }

  /** @param path the lock's, from the root */
  static enter(path: string): PlaceInLine {
    const place = new PlaceInLine(path);
    const line = lines.get(path) ?? new Set();
    lines.set(path, line.add(place));
    place.#isNear = line.size <= MOST_NEAR;
    return place;
  }

  get isNear(): boolean {
    return this.#isNear;
  }

  /** Settles when it has become near. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isNear) resolve();
      else this.#wake = resolve;
    });
  }

  leave(): void {
    const line = lines.get(this.#path);
    if (line?.delete(this) !== true) return;
    if (line.size === 0) lines.delete(this.#path);
    let near = 0;
    for (const place of line) {
      if (near++ === MOST_NEAR) break;
      place.#isNear = true;
      place.#wake?.();
    }
  }
}
