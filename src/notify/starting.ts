import type { Subscriber } from '../config/project.js';
import { pause } from '../host/pause.js';
import { senderOf } from './chosen-sender.js';
import type { BuildEvent } from './event.js';

/** Between two attempts: growing, as long as the run goes on. In milliseconds. */
const PAUSES_MS = [15_000, 60_000, 300_000];

/**
 * Tells subscribers that a run has begun, while it goes on. Nothing of it is put into a spool: a start that comes after the end
 * of its run would pass for a run that never ends, so only the run itself sends it, and has ended that before its end is sent.
 */
export class Starting {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #ended = new AbortController();
  readonly #closed = new AbortController();
  readonly #sending: Promise<void>[] = [];

  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
  }

  /** Does not wait for anything, and never throws. */
  tell(subscribers: readonly Subscriber[], event: BuildEvent): void {
    for (const subscriber of subscribers) this.#sending.push(this.#tell(subscriber, event).catch(() => undefined));
  }

  /** No further attempt begins, and what is on its way is broken off. @param limitMs how long it may take to come through */
  async end(limitMs: number): Promise<void> {
    this.#closed.abort();
    const timer = setTimeout(() => this.#ended.abort(), limitMs);
    await Promise.all(this.#sending);
    clearTimeout(timer);
  }

  /** A server that does not take it says the same to the end of the run, and that is reported. */
  async #tell(subscriber: Subscriber, event: BuildEvent): Promise<void> {
    const sender = await senderOf(subscriber, this.#environment);
    try {
      // Once in any case: a short run is over before the first attempt begins.
      for (let attempt = 0; attempt === 0 || !this.#closed.signal.aborted; attempt++) {
        const sent = await sender.send(event, this.#ended.signal);
        if (sent.kind !== 'unavailable') return;
        const pauseMs = PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)] ?? 0;
        await pause(Math.max(pauseMs, sent.retryAfterMs ?? 0), this.#closed.signal);
      }
    } finally {
      await sender.close();
    }
  }
}
