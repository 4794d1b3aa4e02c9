/** One helper that waited, as `CT_LOCK_LOG` collects it. */
export interface Entry {
  /** When the lock was released again, milliseconds since the epoch, by the clock of the host that waited. */
  readonly atMs: number;
  readonly target: string;
  readonly strategy: string;
  /** `host:pid` of who held the lock; null where that was not recorded. */
  readonly owner: string | null;
  /** `host:pid` of who waited. */
  readonly by: string;
  readonly waitedMs: number;
  /** How long the one that had waited then held the lock itself. */
  readonly heldMs: number;
  /** How long what it has taken took another one to make; undefined where it has made its product itself. */
  readonly savedMs?: number;
}

/** Longest plausible wait or hold. Beyond it the line was not written by a helper, and would outweigh all others. */
const LONGEST_MS = 366 * 86_400_000;

/**
 * Reads one line of the log. Undefined for anything that is not a whole entry: a torn line (two hosts that append at
 * once through NFS), or one of something else. Unknown further fields are no reason to refuse a line.
 */
export function parseEntry(line: string): Entry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { at, target, strategy, owner, by, waitedMs, heldMs, savedMs } = value as Record<string, unknown>;
  if (typeof target !== 'string' || target === '' || typeof strategy !== 'string' || typeof by !== 'string') {
    return undefined;
  }
  if (!(typeof owner === 'string' || owner === null) || !isDuration(waitedMs) || !isDuration(heldMs)) return undefined;
  const atMs = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  return Number.isNaN(atMs)
    ? undefined
    : { atMs, target, strategy, owner, by, waitedMs, heldMs, ...(isDuration(savedMs) ? { savedMs } : {}) };
}

/** The host of `host:pid`. In a container the host part itself holds more, but no colon. */
export function hostOf(process: string): string {
  const colon = process.indexOf(':');
  return colon < 0 ? process : process.slice(0, colon);
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= LONGEST_MS;
}
