/** The members of a cluster, in the order in which to ask them. */
export class Members {
  #order: readonly string[];

  constructor(endpoints: readonly string[]) {
    if (endpoints.length === 0) throw new TypeError('etcd without endpoints');
    // Where one has a path or a slash at its end, the origin is what is meant.
    this.#order = [...new Set(endpoints.map((endpoint) => new URL(endpoint).origin))];
  }

  /** The one that answered last is the first. */
  get order(): readonly string[] {
    return this.#order;
  }

  answered(member: string): void {
    if (this.#order[0] !== member) this.#order = [member, ...this.#order.filter((each) => each !== member)];
  }

  /** It is asked after the others from now on. */
  failed(member: string): void {
    this.#order = [...this.#order.filter((each) => each !== member), member];
  }
}
