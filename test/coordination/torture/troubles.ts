/** Accidents that last while others happen; one at a time at each place. */
export class Troubles {
  readonly #places = new Set<string>();
  readonly #lasting = new Set<Promise<void>>();
  readonly #errors: unknown[] = [];

  /** @returns false when something happens at one of these places already; then nothing is done */
  begin(places: readonly string[], trouble: () => Promise<void>): boolean {
    if (places.some((place) => this.#places.has(place))) return false;
    for (const place of places) this.#places.add(place);
    const lasting = trouble()
      .catch((error: unknown) => void this.#errors.push(error))
      .finally(() => {
        for (const place of places) this.#places.delete(place);
        this.#lasting.delete(lasting);
      });
    this.#lasting.add(lasting);
    return true;
  }

  /** Ends with the last of them. @throws what one of them has thrown */
  async over(): Promise<void> {
    while (this.#lasting.size > 0) await Promise.all(this.#lasting);
    if (this.#errors.length > 0) throw this.#errors[0];
  }
}
