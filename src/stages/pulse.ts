import { type FoundStageLock, HEARTBEAT_MS } from './stage-lock.js';

/** What can be said of the owner of a stage lock on another host after watching the lock for a while. */
export type Pulse =
  /** Its time stamp changed, so many milliseconds ago. */
  | { readonly kind: 'alive'; readonly agoMs: number }
  /** It has not changed for so long, which is longer than the owner would let it. */
  | { readonly kind: 'silent'; readonly forMs: number }
  /** Not watched for long enough. */
  | { readonly kind: 'unknown' };

/** Three missed beats: one may be lost to a busy server, two to a cached attribute. */
const SILENT_AFTER_MS = 3 * HEARTBEAT_MS;

/**
 * Watches whether the time stamp of a lock changes while our own monotonic clock runs. No clock is compared with that
 * of another host, so none needs to be right.
 */
export class PulseWatch {
  #stampMs: number | undefined;
  #firstMs = 0;
  #changedMs: number | undefined;

  /**
   * @param stampMs the lock's time stamp, by whatever clock
   * @param monotonicMs our own monotonic clock
   */
  see(stampMs: number, monotonicMs: number): void {
    if (this.#stampMs === undefined) this.#firstMs = monotonicMs;
    else if (this.#stampMs !== stampMs) this.#changedMs = monotonicMs;
    this.#stampMs = stampMs;
  }

  verdict(monotonicMs: number): Pulse {
    if (this.#stampMs === undefined) return { kind: 'unknown' };
    const quietMs = monotonicMs - (this.#changedMs ?? this.#firstMs);
    if (quietMs >= SILENT_AFTER_MS) return { kind: 'silent', forMs: quietMs };
    return this.#changedMs === undefined ? { kind: 'unknown' } : { kind: 'alive', agoMs: quietMs };
  }
}

/** Watches the locks of a wait or of a person who looks on. */
export class PulseWatches {
  readonly #watches = new Map<string, PulseWatch>();

  /** @param monotonicMs our own monotonic clock */
  see({ path, touchedMs }: FoundStageLock, monotonicMs: number): Pulse {
    const watch = this.#watches.get(path) ?? new PulseWatch();
    this.#watches.set(path, watch);
    watch.see(touchedMs, monotonicMs);
    return watch.verdict(monotonicMs);
  }
}
