import { headlineOf } from '../failures/headline.js';
import { describeOutcome } from './outcome-text.js';
import type { RunEvent } from './run-event.js';
import type { RunResult } from './run-result.js';

type StageReports = Extract<RunEvent, { kind: 'built' }>['stages'];

/**
 * What was wrong with a run in a few words, for its line in the history, a status and the subject of a mail: `build failed: 2 errors`,
 * `update failed`. Undefined when nothing was, and when it did not get so far that it could fail.
 */
export function headlineOfResult(result: RunResult): string | undefined {
  switch (result.kind) {
    case 'stage-failed':
      return headlineOfStages(result.stages);
    case 'source-moved':
      return 'the source was moved while it was built';
    case 'update-failed':
      return 'update failed';
    case 'update-broken':
      return 'update interrupted';
    case 'not-repaired':
    case 'source-half-moved':
      return 'source half updated';
    case 'source-not-proved':
      return 'source is not the recorded revision';
    case 'source-claimed':
      return 'source not available to this build';
    case 'wait-timed-out':
      return 'waited too long';
    case 'cut-off':
      return 'cut off from the other hosts';
    default:
      return undefined;
  }
}

/** Of stages some of which failed. */
export function headlineOfStages(stages: StageReports): string {
  const failed = stages.filter(({ outcome }) => outcome.kind !== 'passed');
  const known = failed.flatMap(({ failure }) => failure ?? []);
  const [first] = failed;
  return known.length > 0 || first === undefined ? headlineOf(known) : `${first.name} ${describeOutcome(first)}`;
}
