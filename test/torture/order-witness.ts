import type { WorldEvent } from '../support/world.js';

/**
 * Follows the append-only log of all runs and says when the source was being changed while a secondary was between
 * join and leave, whether that secondary was building just then or not. A killed run counts as being where it died
 * until a person unlocks its build.
 *
 * A secondary that is killed at any moment may have left without having told, so this witness does not listen to it;
 * the kernel's lock on the source does.
 */
export class OrderWitness {
  readonly #joined = new Set<string>();
  readonly #anyMoment = new Set<string>();
  #moving = false;

  /** What is wrong with an event at this point, if anything. */
  see({ build, step, unlocked, anyMoment }: WorldEvent): string | undefined {
    if (anyMoment === true) this.#anyMoment.add(build);
    if (anyMoment === false) this.#anyMoment.delete(build);
    if (build === 'main') {
      if (step === 'update: moving') {
        this.#moving = true;
        if (this.#joined.size > 0) return `the source changes while ${[...this.#joined].join(', ')} may build`;
      }
      if (step === 'update: moved' || unlocked) this.#moving = false;
      return undefined;
    }
    if (step === 'join: joined') {
      if (!this.#anyMoment.has(build)) this.#joined.add(build);
      if (this.#moving) return `${build} joins while the source changes`;
    }
    if (step === 'leave: left' || unlocked) this.#joined.delete(build);
    return undefined;
  }
}
