import type { Etcd } from '../etcd/etcd.js';
import { type Until, untilRemoved } from './until-removed.js';

/** Waits for the removal of keys with a prefix: with a watch of its own, or by one for all who wait in this process. */
export type AwaitRemoval = (prefix: string, until: Until) => Promise<void>;

/** With a watch for each wait. */
export function ownWatches(etcd: Etcd): AwaitRemoval {
  return (prefix, until) => untilRemoved(etcd, prefix, until);
}

/** One that waits. */
interface Waiter {
  readonly prefix: string;
  readonly end: () => void;
}

/**
 * One watch for all locks that a process waits for.
 *
 * It begins with the first wait, after the revision that this has seen. Who comes later has looked before it waits: what was removed
 * since then has either not come yet, or has, and then the watch is past the revision that was seen, and the wait ends at once. Then
 * it looks again, once too often at worst.
 */
export class SharedWatch {
  readonly #etcd: Etcd;
  readonly #all: string;
  readonly #waiters = new Set<Waiter>();
  readonly #closed = new AbortController();
  #watching: Promise<void> | undefined;
  #passed = 0n;

  /** @param all what all keys begin with that are waited for */
  constructor(etcd: Etcd, all: string) {
    this.#etcd = etcd;
    this.#all = all;
  }

  readonly untilRemoved: AwaitRemoval = async (prefix, { seenAt, limitMs, signals }) => {
    const seen = BigInt(seenAt);
    this.#begin(seen);
    if (this.#passed > seen) return;
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const waiter = { prefix, end };
    const timer = setTimeout(waiter.end, limitMs);
    this.#waiters.add(waiter);
    for (const signal of signals) signal.addEventListener('abort', waiter.end, { once: true });
    try {
      if (!signals.some(({ aborted }) => aborted)) await ended;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
      for (const signal of signals) signal.removeEventListener('abort', waiter.end);
    }
  };

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#watching;
  }

  #begin(seen: bigint): void {
    if (this.#watching !== undefined) return;
    this.#passed = seen;
    const following = this.#etcd.watch(this.#all, {
      from: String(seen + 1n),
      signal: this.#closed.signal,
      onEvents: (events, revision) => {
        this.#passed = BigInt(revision);
        const removed = events.filter(({ kind }) => kind === 'removed').map(({ entry }) => entry.key);
        this.#endAll(({ prefix }) => removed.some((key) => key.startsWith(prefix)));
      },
      onReset: () => this.#endAll(() => true),
    });
    // Who waited looks again, and learns what etcd refuses; the next wait begins another watch.
    const over = (): void => {
      this.#watching = undefined;
      this.#endAll(() => true);
    };
    this.#watching = following.then(over, over);
  }

  #endAll(isMeant: (waiter: Waiter) => boolean): void {
    for (const waiter of [...this.#waiters].filter(isMeant)) waiter.end();
  }
}
