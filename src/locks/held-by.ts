import * as says from '../tables/messages.js';
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
  return says.heldBy(holderText(holder), stateOf(fate, why, forMs));
}

/** The same of several, of whom the first few are named. */
export function heldByAll(holders: readonly (readonly [...Parameters<typeof heldBy>])[]): string {
  const named = holders.slice(0, MOST_NAMED);
  const texts = named.map(([holder, { fate, why }, forMs]) => `${holderText(holder)} (${stateOf(fate, why, forMs)})`);
  const more = holders.length - named.length;
  return `held together by ${texts.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
}

const MOST_NAMED = 5;

function stateOf(fate: string, why: string, forMs: number | undefined): string {
  const duration = forMs === undefined ? undefined : durationText(forMs);
  if (fate === 'alive' && why === RUNNING) return duration === undefined ? says.running : says.runningFor(duration);
  const state = says.stateOf(fate, why);
  return duration === undefined ? state : says.acquiredAgo(state, duration);
}

/** In whole seconds, or the units above. */
export function durationText(ms: number): string {
  return formatDuration(Math.max(0, Math.round(ms / 1000)) * 1000);
}

/** Its pid, whose it is and where it runs. */
export function holderText(holder: Holder | undefined): string {
  if (holder === undefined) return says.unknownHolder;
  const { pid, host, user } = holder;
  if (user !== undefined) return `pid ${pid} of ${user}${host === '' ? '' : ` on ${host}`}`;
  return host === '' ? says.pid(pid) : says.pidOn(pid, host);
}

/** Why one is in the way of those who share a lock although it does not hold it yet. */
export const WAITS_ALONE = 'it waits to hold the lock alone';

/** Why an owner is alive, in the plainest case: {@link heldBy} need not say it. */
export const RUNNING = says.processRuns;
