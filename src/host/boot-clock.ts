import { uptime } from 'node:os';

/** Milliseconds since the boot of the machine, the time that it was suspended included: what `performance.now()` leaves out. */
export function bootMs(): number {
  return uptime() * 1000;
}
