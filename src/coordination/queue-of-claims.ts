/*
 * Who may hold a lock that stands in etcd follows from the claims on it, in the order in which etcd has got them: the
 * `create_revision` of their keys, which no two have in common and no clock decides.
 */

/** How a lock is wanted. */
export type ClaimKind =
  | { readonly kind: 'exclusive' }
  /** Beside others that share it. */
  | { readonly kind: 'shared' }
  /** Likewise, with so many in all at most. */
  | { readonly kind: 'slot'; readonly slots: number };

/** A claim in the queue. */
export interface QueuedClaim {
  readonly key: string;
  readonly claim: ClaimKind;
}

/**
 * Whether a claim holds the lock. Those that came before go first, so that neither a stream of readers nor one of holders of places
 * keeps an exclusive claim waiting.
 *
 * @param queue all claims, the oldest first
 * @returns undefined when it holds; otherwise those that it waits for, the oldest first
 */
export function waitsFor<T extends QueuedClaim>(queue: readonly T[], key: string): readonly T[] | undefined {
  const at = queue.findIndex((each) => each.key === key);
  const mine = queue[at];
  if (mine === undefined) return queue;
  const before = queue.slice(0, at);
  switch (mine.claim.kind) {
    case 'exclusive':
      return before.length === 0 ? undefined : before;
    case 'shared':
    case 'slot': {
      const alone = before.filter(({ claim }) => claim.kind === 'exclusive');
      if (alone.length > 0) return alone;
      return mine.claim.kind === 'shared' || before.length < mine.claim.slots ? undefined : before;
    }
  }
}
