import type { RunResult } from './run-result.js';

/** The documented exit code of an end, but for signals, whose number the caller knows. */
export function exitCodeOf(result: RunResult): number {
  switch (result.kind) {
    case 'done':
    case 'no-news':
      return 0;
    case 'stage-failed':
    case 'update-failed':
    case 'source-not-proved':
    case 'source-moved':
      return 1;
    case 'update-broken':
      return 70;
    case 'source-claimed':
      return result.refusal.kind === 'claimed' || result.refusal.kind === 'copy' ? 75 : 73;
    case 'not-repaired':
      return result.living ? 75 : 70;
    case 'held':
    case 'secondaries-building':
    case 'wait-timed-out':
    case 'source-unrecorded':
    case 'source-half-moved':
    case 'in-the-way':
    case 'section-busy':
    case 'coordination-away':
    case 'cut-off':
      return 75;
    case 'interrupted':
      return 128;
  }
}
