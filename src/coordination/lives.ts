import type { Etcd } from '../etcd/etcd.js';
import type { Keys } from './keys.js';

/** Whether a run lives, as etcd sees it. */
export type Life =
  | { readonly kind: 'alive' }
  /**
   * It has not renewed its lease for so long, by the clock of etcd; undefined for longer than a week. Too long by as much as its
   * lease lasts, at most.
   */
  | { readonly kind: 'silent'; readonly forMs: number | undefined };

/** So many runs are asked for in one request; etcd takes 128 operations unless it is told otherwise. */
const AT_ONCE = 100;

/**
 * Looks at the leases of runs. No clocks are compared: the age of a lease is what etcd has granted less what is left of it. When
 * etcd has changed its leader since, that may be too little, since the new leader counts each lease from its beginning.
 */
export async function livesOf(etcd: Etcd, keys: Keys, runs: readonly string[]): Promise<ReadonlyMap<string, Life>> {
  const lives = new Map<string, Life>();
  for (let first = 0; first < runs.length; first += AT_ONCE) {
    const some = runs.slice(first, first + AT_ONCE);
    const { results } = await etcd.transact({ compare: [], then: some.map((run) => ({ get: keys.alive(run) })) });
    for (const [index, run] of some.entries()) {
      const isAlive = results[index]?.entries[0] !== undefined;
      lives.set(run, isAlive ? { kind: 'alive' } : await silence(etcd, keys, run));
    }
  }
  return lives;
}

async function silence(etcd: Etcd, keys: Keys, run: string): Promise<Life> {
  const trace = await etcd.get(keys.trace(run));
  const lease = trace === undefined || trace.lease === '0' ? undefined : await etcd.timeToLive(trace.lease);
  return { kind: 'silent', forMs: lease && (lease.grantedS - lease.remainingS) * 1000 };
}
