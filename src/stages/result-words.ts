import type { PastRun } from './history.js';
import type { RunResult } from './run-result.js';

/** Of runs that have no headline, since nothing of them failed. */
const WORDS: Partial<Record<RunResult['kind'], string>> = {
  done: 'passed',
  held: 'skipped: locks of an earlier run',
  'no-news': 'nothing new',
  interrupted: 'interrupted',
  'coordination-away': 'skipped: etcd could not be reached',
  'in-the-way': 'skipped: an earlier run is alive',
  'secondaries-building': 'skipped: secondaries were building',
  'section-busy': 'skipped: the critical section was held',
  'source-unrecorded': 'skipped: no update is recorded for the source',
};
const KNOWN: ReadonlyMap<string, string> = new Map(Object.entries(WORDS));

/** How a past run ended: what failed, or why it built nothing. */
export function resultWords({ headline, result = '' }: Pick<PastRun, 'headline' | 'result'>): string {
  return headline ?? KNOWN.get(result) ?? result;
}

/** Whether a run passed; not by a line that says so and names a failure, too. */
export function hasPassed({ headline, result }: Pick<PastRun, 'headline' | 'result'>): boolean {
  return result === 'done' && headline === undefined;
}

/** Whether a run neither passed nor failed, so that it says nothing of whether its build is broken. */
export function wasSkipped({ headline, result = '' }: Pick<PastRun, 'headline' | 'result'>): boolean {
  return headline === undefined && result !== 'done' && KNOWN.has(result);
}
