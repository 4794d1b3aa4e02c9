import { formatDuration } from '../text/duration.js';
import type { Judgement } from './owner.js';

/** Who holds a lock, as its record says. */
export interface Holder {
  readonly pid: number;
  /** Empty when the record names none. */
  readonly host: string;
  readonly user?: string;
}

/**
 * The one sentence about who holds a lock: `held by pid 4126 on buildhost (running for 9 min)`. Of an owner that does not run it says
 * why: `(dead: its process no longer exists; acquired 9 min ago)`.
 *
 * @param holder undefined when the lock does not name its owner
 * @param forMs how long it has been held, where that is known
 */
export function heldBy(holder: Holder | undefined, { fate, why }: Judgement, forMs: number | undefined): string {
  const duration = forMs === undefined ? undefined : formatDuration(Math.max(0, Math.round(forMs / 1000)) * 1000);
  const state =
    fate === 'alive' && why === RUNNING
      ? `running${duration === undefined ? '' : ` for ${duration}`}`
      : `${fate}: ${why}${duration === undefined ? '' : `; acquired ${duration} ago`}`;
  return `held by ${holderText(holder)} (${state})`;
}

/** Its pid, whose it is and where it runs. */
export function holderText(holder: Holder | undefined): string {
  if (holder === undefined) return 'an unknown process';
  const { pid, host, user } = holder;
  return `pid ${pid}${user === undefined ? '' : ` of ${user}`}${host === '' ? '' : ` on ${host}`}`;
}

/** Why an owner is alive, in the plainest case: {@link heldBy} need not say it. */
export const RUNNING = 'its process is running';
