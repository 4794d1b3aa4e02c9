import type { Firing } from './firing.js';

/** A run that waits for a free place. */
export interface Waiting {
  readonly build: string;
  /** Of a secondary. */
  readonly primary: string | undefined;
  readonly firing: Firing;
  /** When it came; ISO 8601. */
  readonly since: string;
  /** To be called when it has ended, or will not begin. */
  readonly done: () => void;
}

/**
 * Runs that wait, first come, first served; but a primary goes before the first of its secondaries, since they want what it brings.
 * None waits for ever: before the same primary can overtake it once more, that one has run and has left its place to another.
 */
export class RunQueue {
  #waiting: Waiting[] = [];

  /** @returns its place, from 1 */
  enter(waiting: Waiting): number {
    const overtaken = this.#waiting.findIndex(({ primary }) => primary === waiting.build);
    const index = overtaken < 0 ? this.#waiting.length : overtaken;
    this.#waiting.splice(index, 0, waiting);
    return index + 1;
  }

  /** The next one, which does not wait any more. */
  take(): Waiting | undefined {
    return this.#waiting.shift();
  }

  of(build: string): Waiting | undefined {
    return this.#waiting.find((waiting) => waiting.build === build);
  }

  /** One that stays in its place, for another reason. */
  replace(waiting: Waiting, firing: Firing): void {
    this.#waiting = this.#waiting.map((one) => (one === waiting ? { ...one, firing } : one));
  }

  /** In the order in which they will run. */
  get list(): readonly Waiting[] {
    return this.#waiting;
  }

  /** @returns those that waited */
  clear(): readonly Waiting[] {
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }
}
