import { ifRight, nullable, number, object, parseRecord, string, time } from '../records/schema.js';

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

const DURATION = number(0, LONGEST_MS);

const LINE = object({
  at: time,
  target: string(/^./su),
  strategy: string(),
  owner: nullable(string()),
  by: string(),
  waitedMs: DURATION,
  heldMs: DURATION,
  savedMs: ifRight(DURATION),
});

/**
 * Reads one line of the log. Undefined for anything that is not a whole entry: a torn line (two hosts that append at
 * once through NFS), or one of something else. Unknown further fields are no reason to refuse a line.
 */
export function parseEntry(line: string): Entry | undefined {
  const read = parseRecord(LINE, line);
  if (read === undefined) return undefined;
  const { at, ...rest } = read;
  return { atMs: Date.parse(at), ...rest };
}

/** The host of `host:pid`. In a container the host part itself holds more, but no colon. */
export function hostOf(process: string): string {
  const colon = process.indexOf(':');
  return colon < 0 ? process : process.slice(0, colon);
}
