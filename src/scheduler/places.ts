import { join } from 'node:path';
import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { removeIfThere } from '../files/directory-entries.js';
import type { Host } from '../host/host.js';
import { array, number, object, parseRecord, recordText, string, type TypeOf, time } from '../records/schema.js';
import type { InstanceStatus } from './instance.js';
import { instanceName } from './instance.js';

/*
 * Which runs wait for a free place of a scheduler, for those who ask, beside the file that says who it is:
 *
 *     waiting.scheduler.<host>.json
 *
 * It says nothing when its scheduler is dead.
 */

/** A build whose run waits for a free place of a scheduler. */
const WAITING_RUN = object({
  build: string(),
  /** ISO 8601 */
  since: time,
});
export type WaitingRun = TypeOf<typeof WAITING_RUN>;

const QUEUE = object({ maxRuns: number(), waiting: array(WAITING_RUN) });
type Queue = TypeOf<typeof QUEUE>;

/** Where a build stands in the queue of a scheduler. */
export interface PlaceInQueue {
  /** From 1. */
  readonly place: number;
  readonly of: number;
  /** As many runs go on at once on that host at most. */
  readonly maxRuns: number;
  readonly host: string;
  /** ISO 8601 */
  readonly since: string;
}

const LONGEST = 4 * 1024 * 1024;

const fileOf = (state: string, name: string): string => join(state, `waiting.${name}.json`);

/** @param waiting in the order in which they will run @throws the system's error */
export function announceWaiting(state: string, host: Host, maxRuns: number, waiting: readonly WaitingRun[]): void {
  const file = fileOf(state, instanceName(host));
  if (waiting.length === 0) removeIfThere(file);
  else replaceAtomically(file, recordText(QUEUE, { maxRuns, waiting }));
}

/** Where builds stand in the queues of schedulers that are not known to be dead; of a build that waits in several, the best place. */
export function placesInQueues(state: string, schedulers: readonly InstanceStatus[]): Map<string, PlaceInQueue> {
  const places = new Map<string, PlaceInQueue>();
  for (const { host, judgement } of schedulers) {
    if (judgement.fate === 'dead') continue;
    const { maxRuns, waiting } = read(fileOf(state, instanceName({ name: host })));
    waiting.forEach(({ build, since }, index) => {
      const place = { place: index + 1, of: waiting.length, maxRuns, host, since };
      const other = places.get(build);
      if (other === undefined || place.place < other.place) places.set(build, place);
    });
  }
  return places;
}

const NONE: Queue = { maxRuns: 0, waiting: [] };

/** Whatever else stands there says nothing. */
function read(file: string): Queue {
  try {
    return parseRecord(QUEUE, readRegularFile(file, LONGEST) ?? '') ?? NONE;
  } catch {
    return NONE;
  }
}
