/** Each step of the scale is this much longer than the one before, so a median is exact to 5%. */
const STEP = Math.log(1.1);

/** How durations are distributed, in bounded memory: counts on a logarithmic scale of some 250 steps at most. */
export class Distribution {
  readonly #counts = new Map<number, number>();
  #total = 0;

  add(ms: number): void {
    const step = ms < 1 ? 0 : 1 + Math.round(Math.log(ms) / STEP);
    this.#counts.set(step, (this.#counts.get(step) ?? 0) + 1);
    this.#total++;
  }

  /** Milliseconds, to within 5%; 0 when there is nothing. */
  median(): number {
    let seen = 0;
    for (const [step, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      seen += count;
      if (seen * 2 >= this.#total) return step === 0 ? 0 : Math.round(Math.exp((step - 1) * STEP));
    }
    return 0;
  }
}
