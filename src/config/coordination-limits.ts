/*
 * What the settings of etcd may be, in a configuration and for callers of the library.
 */

/** In milliseconds. */
export const LEASE_MS = { least: 10_000, most: 600_000 };
export const REQUEST_MS = { least: 1000, most: 60_000 };

/** Of keys. */
export function isPrefix(text: string): boolean {
  return /^(?:\/[A-Za-z0-9._-]+)+$/.test(text) && text.length <= 200;
}
export const A_PREFIX = 'a prefix of keys such as "/stagelock/NAME", of letters, digits, . _ - and /, not ending in /';

/** Whether a request that takes as long as it may could come too late to renew a lease. */
export function mayRenewTooLate(requestTimeoutMs: number, leaseMs: number): boolean {
  return 2 * requestTimeoutMs > leaseMs;
}
