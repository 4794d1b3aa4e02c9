import { secondaryOf } from './names.js';
import type { FoundStageLock } from './stage-lock.js';

/** How long one lock of another build was in the way of a run. */
export interface Wait {
  /** `running.gcc-debug`, `update`. */
  readonly lock: string;
  /** Whose it is; undefined when neither its name nor its record says. */
  readonly build: string | undefined;
  readonly ms: number;
}

/** The locks because of which a run was skipped: it did not wait for them. */
export function notWaited(locks: readonly FoundStageLock[]): Wait[] {
  return locks.map((lock) => ({ lock: lock.name, build: ownerOf(lock), ms: 0 }));
}

/** Whose a lock is, by its name or its record. */
function ownerOf({ name, record }: FoundStageLock): string | undefined {
  return secondaryOf(name) ?? record?.build;
}

/** Adds up, while a run waits for several locks, how long each of them was there. Time comes in as a value. */
export class WaitLedger {
  readonly #waits = new Map<string, { readonly build: string | undefined; ms: number }>();
  #present: readonly FoundStageLock[] = [];
  #seenMs = 0;

  /** A look: these locks are there. What was there at the last one counts until now. */
  see(locks: readonly FoundStageLock[], nowMs: number): void {
    this.#count(nowMs);
    this.#present = locks;
    this.#seenMs = nowMs;
  }

  /** The end of the wait. @returns the longest first */
  end(nowMs: number): Wait[] {
    this.#count(nowMs);
    this.#present = [];
    return [...this.#waits].map(([lock, { build, ms }]) => ({ lock, build, ms })).sort((a, b) => b.ms - a.ms);
  }

  #count(nowMs: number): void {
    for (const lock of this.#present) {
      const wait = this.#waits.get(lock.name) ?? { build: ownerOf(lock), ms: 0 };
      wait.ms += Math.max(0, nowMs - this.#seenMs);
      this.#waits.set(lock.name, wait);
    }
  }
}

/** Waits of one run after the other, each lock once, the longest first. */
export function addWaits(waits: readonly Wait[], more: readonly Wait[]): Wait[] {
  const sums = new Map(waits.map((wait) => [wait.lock, wait]));
  for (const wait of more) sums.set(wait.lock, { ...wait, ms: wait.ms + (sums.get(wait.lock)?.ms ?? 0) });
  return [...sums.values()].sort((a, b) => b.ms - a.ms);
}
