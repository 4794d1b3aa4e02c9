import { endingMs } from './deadline.js';
import type { NamedLock } from './named-lock.js';

/** What of the end of a lease is left for the processes of a command to vanish, in milliseconds. */
const VANISH_MS = 1000;

/** Ends a command under a lock by its name before another process can have that lock: first with grace, then without. */
export class CutOff {
  /** Fires when the lease cannot be relied on any more. */
  readonly soon: AbortSignal;
  readonly #hurry = new AbortController();
  readonly #leaseMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor({ lost }: NamedLock, leaseMs: number) {
    this.soon = lost;
    this.#leaseMs = leaseMs;
    lost.addEventListener('abort', this.#onLost, { once: true });
  }

  /** Fires when there is no more time for grace. */
  get atOnce(): AbortSignal {
    return this.#hurry.signal;
  }

  /** The command has ended. */
  close(): void {
    this.soon.removeEventListener('abort', this.#onLost);
    clearTimeout(this.#timer);
  }

  readonly #onLost = (): void => {
    this.#timer = setTimeout(() => this.#hurry.abort(), Math.max(0, endingMs(this.#leaseMs) - VANISH_MS));
  };
}
