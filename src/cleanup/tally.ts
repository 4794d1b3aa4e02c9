import type { Finding } from './finding.js';

/** How many findings there were of each kind. There may be more of them than memory should hold. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add({ fate, what }: Finding): void {
    for (const key of [fate, `${fate} ${what}`]) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  count(fate: Finding['fate'], what?: Finding['what']): number {
    return this.#counts.get(what === undefined ? fate : `${fate} ${what}`) ?? 0;
  }
}
