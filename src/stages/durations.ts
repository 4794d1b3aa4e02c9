import { join } from 'node:path';
import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { map, number, parseRecord, recordText, rightOf, type TypeOf } from '../records/schema.js';

/** How long the stages of a build took in its last runs, in milliseconds, newest last. */
const DURATIONS = map(rightOf(number()));
export type Durations = TypeOf<typeof DURATIONS>;

const FILE = 'StageDurations.json';
/** Enough for a median that one slow run does not move. */
const REMEMBERED = 5;

/** Reads what is known; a damaged file counts as nothing, since only the display depends on it. */
export function readDurations(temporary: string): Durations {
  try {
    return parseRecord(DURATIONS, readRegularFile(join(temporary, FILE), 1024 * 1024) ?? '') ?? {};
  } catch {
    return {};
  }
}

/** @throws the system's error; what was known before then stays */
export function writeDurations(temporary: string, durations: Durations): void {
  replaceAtomically(join(temporary, FILE), recordText(DURATIONS, durations));
}

/** One more run of a stage. */
export function addDuration(durations: Durations, stage: string, ms: number): Durations {
  return { ...durations, [stage]: [...(durations[stage] ?? []), Math.round(ms)].slice(-REMEMBERED) };
}

/** How long a stage will probably take: the median of its last runs. */
export function expectedMs(durations: Durations, stage: string): number | undefined {
  const sorted = (durations[stage] ?? []).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
