import { OVERDUE_MS, WARN_MS } from '../tables/locks.js';

/** How locks are waited for. */
export interface LockSettings {
  /** Milliseconds between two attempts; undefined means what suits the file system. */
  readonly pollMs: number | undefined;
  /** Milliseconds between two notices that a lock is still waited for. */
  readonly warnMs: number;
  /** After this many milliseconds a lock of another host is overdue and the notices say how to remove it. */
  readonly overdueMs: number;
}

export const DEFAULT_SETTINGS: LockSettings = { pollMs: undefined, warnMs: WARN_MS, overdueMs: OVERDUE_MS };
