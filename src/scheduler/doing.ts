import type { LockStatus, StageStatus } from '../stages/status.js';
import type { PlaceInQueue } from './places.js';
import type { ScheduledStatus } from './project-status.js';

/** What a build does, as its locks show it; lines and pages say it in their own words. */
export type Doing =
  | { readonly kind: 'unreadable'; readonly problem: string }
  /** Its run waits for a free slot of a scheduler. */
  | { readonly kind: 'queued'; readonly place: PlaceInQueue }
  | { readonly kind: 'idle'; readonly hasRun: boolean }
  /** A run died and left its locks. */
  | { readonly kind: 'dead' }
  | { readonly kind: 'waiting'; readonly lock: LockStatus; readonly stage: StageStatus | undefined }
  /** Its run is on another host, which alone can tell whether it lives. */
  | { readonly kind: 'unknown' }
  /** Without a stage it is between two. */
  | { readonly kind: 'running'; readonly stage: StageStatus | undefined };

export function doingOf({ problem, locks, waitsFor, stage, place, past }: ScheduledStatus): Doing {
  if (problem !== undefined) return { kind: 'unreadable', problem };
  if (locks.length === 0) {
    return place === undefined ? { kind: 'idle', hasRun: past?.last !== undefined } : { kind: 'queued', place };
  }
  if (locks.some(({ judgement }) => judgement.fate === 'dead')) return { kind: 'dead' };
  const [lock] = waitsFor;
  if (lock !== undefined) return { kind: 'waiting', lock, stage };
  if (!locks.every(({ judgement }) => judgement.fate === 'alive')) return { kind: 'unknown' };
  return { kind: 'running', stage };
}
