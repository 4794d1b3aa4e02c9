/*
 * A lease counts from when the server hears of it, which is never before the request was sent. So a run that counts from the
 * sending of the last renewal that was answered is never late, however long the request or its answer was under way. The clock is one
 * that counts while the machine is suspended; no clock of another host is needed.
 */

/** What a run knows of its lease. */
export interface Renewal {
  /** When the last renewal that was answered had been sent, by the clock of the boot. */
  readonly sentMs: number;
  /** For how long the server has granted it. */
  readonly leaseMs: number;
}

/** The part of a lease that a run needs to end its stages in order: a third, and half a minute at most. */
export function endingMs(leaseMs: number): number {
  return Math.min(leaseMs / 3, 30_000);
}

/** How long a run may go on without another renewal; 0 when it has to end now. */
export function remainingMs({ sentMs, leaseMs }: Renewal, nowMs: number): number {
  return Math.max(0, sentMs + leaseMs - endingMs(leaseMs) - nowMs);
}

/** Whether the lease may be over, so that a person may have cleared the locks of the run and another run may be at work. */
export function mayBeOver({ sentMs, leaseMs }: Renewal, nowMs: number): boolean {
  return nowMs >= sentMs + leaseMs;
}
