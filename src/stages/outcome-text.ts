import { formatDuration } from '../text/duration.js';
import { shown } from '../text/shown.js';
import type { StageReport } from './run-event.js';

/** The end of a stage in a few words, for progress and messages. */
export function describeOutcome({ outcome, ms }: Pick<StageReport, 'outcome' | 'ms'>): string {
  switch (outcome.kind) {
    case 'passed':
      return `done in ${formatDuration(ms)}`;
    case 'failed':
      return `failed with exit code ${outcome.exitCode} after ${formatDuration(ms)}`;
    case 'signalled':
      return `died of ${outcome.signal} after ${formatDuration(ms)}`;
    case 'timed-out':
      return `was ended after its time limit of ${formatDuration(outcome.timeoutMs)}`;
    case 'errors-found': {
      const many =
        outcome.errors === 1 && !outcome.orMore
          ? 'an error'
          : `${outcome.errors}${outcome.orMore ? ' or more' : ''} errors`;
      return `logged ${many} although its command exited with 0, after ${formatDuration(ms)}`;
    }
    case 'not-started':
      return shown(outcome.message);
    case 'aborted':
      return 'was interrupted';
  }
}
