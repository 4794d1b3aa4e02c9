import { intervalOf } from '../config/cron-expression.js';
import type { Build } from '../config/project.js';
import type { PastRun } from '../stages/history.js';
import type { WaitingBuild } from './build-waits.js';

/** A build and its runs as far as waiting goes. */
export function waitingBuild({ name, schedule }: Build, runs: readonly PastRun[]): WaitingBuild {
  const intervalMs = intervalOf(schedule);
  return {
    build: name,
    schedule: schedule === undefined || intervalMs === undefined ? undefined : { text: schedule, intervalMs },
    runs: runs.flatMap(({ begun, ended, result, waits = [] }) =>
      ended === undefined
        ? []
        : [
            {
              beganMs: Date.parse(begun),
              tookMs: Math.max(0, Date.parse(ended) - Date.parse(begun)),
              skipped: result === 'secondaries-building',
              waits: waits.map(({ lock, build, ms }) => ({ lock, build, ms })),
            },
          ],
    ),
  };
}
