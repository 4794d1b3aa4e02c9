const FIRST_CAPACITY = 1024;

/**
 * A set of paths that keeps eight bytes of each: their hash. Two paths of one hash among a million have a chance of one in ten million.
 */
export class PathSet {
  /** Two for each place; both 0 where it is empty. */
  #hashes = new Uint32Array(2 * FIRST_CAPACITY);
  #size = 0;

  add(path: string): void {
    if (4 * this.#size >= this.#hashes.length) this.#grow();
    const [high, low] = hashesOf(path);
    if (put(this.#hashes, high, low)) this.#size++;
  }

  has(path: string): boolean {
    const [high, low] = hashesOf(path);
    return this.#hashes[placeOf(this.#hashes, high, low)] === high;
  }

  #grow(): void {
    const larger = new Uint32Array(2 * this.#hashes.length);
    for (let at = 0; at < this.#hashes.length; at += 2) {
      const high = this.#hashes[at] ?? 0;
      if (high !== 0) put(larger, high, this.#hashes[at + 1] ?? 0);
    }
    this.#hashes = larger;
  }
}

/** Where a hash stands, or the empty place that it would have. */
function placeOf(hashes: Uint32Array, high: number, low: number): number {
  const mask = hashes.length / 2 - 1;
  for (let at = low & mask; ; at = (at + 1) & mask) {
    const found = hashes[2 * at];
    if (found === 0 || (found === high && hashes[2 * at + 1] === low)) return 2 * at;
  }
}

/** @returns whether it is new */
function put(hashes: Uint32Array, high: number, low: number): boolean {
  const at = placeOf(hashes, high, low);
  if (hashes[at] !== 0) return false;
  hashes[at] = high;
  hashes[at + 1] = low;
  return true;
}

/** Two hashes (FNV-1a with different primes and a last mix of the bits); the first is never 0. */
function hashesOf(path: string): readonly [high: number, low: number] {
  let high = 0x811c9dc5;
  let low = 0x9e3779b9;
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x85ebca6b);
    low ^= low >>> 15;
  }
  high = Math.imul(high ^ (high >>> 16), 0x7feb352d);
  return [(high ^ (high >>> 15)) >>> 0 || 1, Math.imul(low ^ (low >>> 13), 0xc2b2ae35) >>> 0];
}
