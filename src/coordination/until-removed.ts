import type { Etcd } from '../etcd/etcd.js';

/** For how long it is waited at most. */
export interface Until {
  /** The revision of the store at which it was looked; what has been removed since ends the wait at once. */
  readonly seenAt: string;
  readonly limitMs: number;
  /** Each of them ends it. */
  readonly signals: readonly AbortSignal[];
}

/**
 * Ends when a key with this prefix is removed, or may have been, or when the time is up. A connection that is lost is made again.
 *
 * @throws EtcdError when etcd refuses to have it watched
 */
export async function untilRemoved(etcd: Etcd, prefix: string, { seenAt, limitMs, signals }: Until): Promise<void> {
  const over = new AbortController();
  const end = (): void => over.abort();
  const timer = setTimeout(end, limitMs);
  try {
    await etcd.watch(prefix, {
      from: String(BigInt(seenAt) + 1n),
      signal: AbortSignal.any([over.signal, ...signals]),
      onEvents: (events) => {
        if (events.some(({ kind }) => kind === 'removed')) end();
      },
      onReset: end,
    });
  } finally {
    clearTimeout(timer);
  }
}
