/** What is known of earlier attempts to deliver something. Times are ISO 8601. */
export interface Attempts {
  readonly tries: number;
  readonly tried?: string;
  /** No attempt before this time: the other side has asked for it, or it has never been tried and waits for what belongs to it. */
  readonly notBefore?: string;
}

/**
 * When something may be tried again, in milliseconds since 1970: after 1, 2, 4, … minutes, at most an hour, so that a cron
 * job that runs every minute does not wait for a dead server every minute.
 *
 * @param nowMs the time; a last attempt in its future means that the clock was set back, and counts for nothing
 */
export function dueAt({ tries, tried, notBefore }: Attempts, nowMs: number): number {
  const triedMs = tried === undefined ? Number.NEGATIVE_INFINITY : Date.parse(tried);
  if (tried === undefined || triedMs > nowMs) return nowMs;
  const backOffMs = tries === 0 ? 0 : Math.min(60_000 * 2 ** Math.min(tries - 1, 10), 3_600_000);
  const askedMs = notBefore === undefined ? 0 : Math.min(Date.parse(notBefore), triedMs + 86_400_000);
  return Math.max(triedMs + backOffMs, askedMs);
}
