import type { Etcd } from '../etcd/etcd.js';
import type { Keys } from './keys.js';

/** Whether a run lives, as etcd sees it. */
export type Life =
  | { readonly kind: 'alive' }
  /** It has not renewed its lease for so long, by the clock of etcd; undefined for longer than a week. */
  | { readonly kind: 'silent'; readonly forMs: number | undefined };

/**
 * Looks at the leases of a run. No clocks are compared: the age of a lease is what etcd has granted less what is left of it. When
 * etcd has changed its leader since, that may be too little, since the new leader counts each lease from its beginning.
 */
export async function lifeOf(etcd: Etcd, keys: Keys, run: string): Promise<Life> {
  const alive = await etcd.get(keys.alive(run));
  if (alive !== undefined) return { kind: 'alive' };
  const trace = await etcd.get(keys.trace(run));
  const lease = trace === undefined || trace.lease === '0' ? undefined : await etcd.timeToLive(trace.lease);
  return { kind: 'silent', forMs: lease && (lease.grantedS - lease.remainingS) * 1000 };
}
