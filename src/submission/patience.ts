/** How long to wait before the next of several attempts in one run, in milliseconds: doubled each time, and never in step. */
export function pauseBefore(attempt: number, firstMs: number, random: number): number {
  const doubled = Math.min(firstMs * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
  return Math.round(doubled * (0.75 + random / 2));
}

/** A run that waits longer than this for a server should rather leave it to the next. */
export const LONGEST_PAUSE_MS = 60_000;
