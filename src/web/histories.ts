import { lstatSync } from 'node:fs';
import { historyFile, type PastRun } from '../stages/history.js';
import { newestRuns } from '../stages/newest-runs.js';

/** Of each history, so much of its end is kept: some sixty runs. */
const KEPT_BYTES = 32 * 1024;

/** The newest runs of builds, read again only when their history has changed. It remembers as much as there are builds. */
export class Histories {
  readonly #known = new Map<string, { readonly identity: string; readonly runs: readonly PastRun[] }>();

  /** Oldest first. */
  newest(buildDirectory: string): readonly PastRun[] {
    const identity = historyIdentity(buildDirectory);
    const known = this.#known.get(buildDirectory);
    if (known?.identity === identity) return known.runs;
    const runs = newestRuns(buildDirectory, KEPT_BYTES);
    this.#known.set(buildDirectory, { identity, runs });
    return runs;
  }
}

/** Equal while nothing was added to a history. */
export function historyIdentity(buildDirectory: string): string {
  try {
    const { ino, size, mtimeMs } = lstatSync(historyFile(buildDirectory));
    return `${ino}:${size}:${mtimeMs}`;
  } catch {
    return '';
  }
}
