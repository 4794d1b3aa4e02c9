import type { ProjectStatus } from '../scheduler/project-status.js';
import type { Pulse } from '../stages/pulse.js';
import type { StatusReport } from './status-schema.js';

/**
 * The status of a project for programs.
 *
 * @param pulses by the paths of locks
 */
export function statusReport(
  project: string,
  { builds, schedulers, mails, events }: ProjectStatus,
  pulses: ReadonlyMap<string, Pulse>,
): StatusReport {
  return {
    project,
    builds: builds.map(({ place, nextMs, locks, waitsFor, ...status }) => ({
      ...status,
      locks: locks.map((lock) => ({ ...lock, pulse: pulses.get(lock.path) })),
      waitsFor: waitsFor.map((lock) => lock.path),
      ...(place !== undefined && { waitsForPlace: place }),
      ...(nextMs !== undefined && { nextFiring: new Date(nextMs).toISOString() }),
    })),
    schedulers,
    mails,
    events,
  };
}
