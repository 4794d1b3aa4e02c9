/** What has been done and how runs ended, so that a kind of accident that never happens is seen. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(what: string, count = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + count);
  }

  toString(): string {
    const lines = [...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return lines.map(([what, count]) => `${what}: ${count}`).join('\n');
  }
}
