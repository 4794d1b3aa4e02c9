import type { Etcd } from '../etcd/etcd.js';
import { bootMs } from '../host/boot-clock.js';
import { pause } from '../host/pause.js';
import { mayBeOver, remainingMs } from './deadline.js';

/** How long it can be told since when a run is silent, in seconds. */
export const TRACE_S = 7 * 86_400;

/** So often a lease is renewed while it lasts. */
const RENEWALS = 6;

/** The leases of a run, one by which others see that it lives, and a long one whose age says since when it does not. */
export interface Leases {
  readonly alive: string;
  /**
   * Renewed once while the other one lasts: that a run is silent is known after that anyway. The same as the other one where nothing
   * stays that anyone would ask about.
   */
  readonly trace: string;
}

/**
 * The life of a run as other hosts see it: it renews its leases until it ends, and has to end when it cannot.
 *
 * If the process dies here, the leases run out by themselves, and the locks of the run, which have none, stay.
 */
export class Presence {
  readonly leases: Leases;
  readonly #etcd: Etcd;
  readonly #leaseMs: number;
  readonly #lost = new AbortController();
  readonly #over = new AbortController();
  #sentMs: number;
  #renewing: Promise<void>;
  #alarm: NodeJS.Timeout | undefined;

  private constructor(etcd: Etcd, leases: Leases, leaseMs: number, sentMs: number) {
    this.#etcd = etcd;
    this.leases = leases;
    this.#leaseMs = leaseMs;
    this.#sentMs = sentMs;
    this.#renewing = this.#renew();
    this.#watch();
  }

  /**
   * @param how `briefly` for what leaves nothing behind when it dies
   * @throws EtcdError when no lease is granted; the run has then not begun
   */
  static async begin(etcd: Etcd, leaseMs: number, how: 'traced' | 'briefly' = 'traced'): Promise<Presence> {
    const long = how === 'traced' ? await etcd.grant(TRACE_S) : undefined;
    const sentMs = bootMs();
    const alive = await etcd.grant(Math.ceil(leaseMs / 1000));
    return new Presence(etcd, { alive, trace: long ?? alive }, leaseMs, sentMs);
  }

  /** Fires when the run has to end, because it could not renew its lease for too long. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** How long the run may go on as things are, in milliseconds. */
  get remainingMs(): number {
    return this.#lost.signal.aborted ? 0 : remainingMs(this.#renewal, bootMs());
  }

  /** Whether another run may be at work by now. */
  get mayBeOver(): boolean {
    return mayBeOver(this.#renewal, bootMs());
  }

  /** For how long etcd has not answered, in milliseconds. */
  get silentMs(): number {
    return bootMs() - this.#sentMs;
  }

  /** Stops renewing. The leases run out by themselves: to be called when the locks of the run stay. */
  async stop(): Promise<void> {
    clearTimeout(this.#alarm);
    this.#over.abort();
    await this.#renewing;
  }

  /** The run is over and its locks are gone: nothing is left to be seen. A lease that cannot be revoked runs out. */
  async end(): Promise<void> {
    await this.stop();
    const leases = new Set([this.leases.alive, this.leases.trace]);
    await Promise.all([...leases].map((lease) => this.#etcd.revoke(lease).catch(() => undefined)));
  }

  get #renewal() {
    return { sentMs: this.#sentMs, leaseMs: this.#leaseMs };
  }

  async #renew(): Promise<void> {
    const { signal } = this.#over;
    for (let turn = 1; !signal.aborted && !this.#lost.signal.aborted; turn++) {
      await pause(this.#leaseMs / RENEWALS, signal);
      if (signal.aborted) return;
      await this.#renewOnce(turn % RENEWALS === 0);
    }
  }

  async #renewOnce(isTraced: boolean): Promise<void> {
    const sentMs = bootMs();
    try {
      const left = await this.#etcd.renew(this.leases.alive);
      // The answer for a lease that has run out is no error, and says no time.
      if (left === undefined) this.#lost.abort();
      else this.#sentMs = sentMs;
      if (isTraced && this.leases.trace !== this.leases.alive) await this.#etcd.renew(this.leases.trace);
    } catch {
      // Tried again until there is no time left; the watch says when that is.
    }
  }

  /** Not by the renewals, which may hang: also one that is asleep with the machine wakes up to this. */
  #watch(): void {
    const check = (): void => {
      if (this.remainingMs === 0) this.#lost.abort();
      else this.#alarm = setTimeout(check, Math.min(this.remainingMs, 1000)).unref();
    };
    check();
  }
}
