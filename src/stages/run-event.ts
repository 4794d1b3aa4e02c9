import type { Build } from '../config/project.js';
import type { Failure } from '../failures/failure.js';
import type { MergedUpdate } from '../updates/record.js';
import type { Buildstamp } from './buildstamp.js';
import type { StageOutcome } from './stage-command.js';
import type { FoundStageLock } from './stage-lock.js';
import type { Wait } from './waits.js';

/** What happens in a run, for its progress display. */
export type RunEvent =
  | { readonly kind: 'begun'; readonly build: Build; readonly stamp: Buildstamp }
  | { readonly kind: 'waiting'; readonly locks: readonly FoundStageLock[]; readonly timeoutMs: number }
  | { readonly kind: 'waited'; readonly ms: number }
  /** The end of a wait, whatever it was: what was in the way for how long. */
  | { readonly kind: 'waits'; readonly waits: readonly Wait[] }
  | { readonly kind: 'waiting-for-record'; readonly head: string; readonly timeoutMs: number }
  | { readonly kind: 'waiting-for-repair'; readonly update: string; readonly timeoutMs: number }
  /** An update that broke off had left the source half updated. */
  | { readonly kind: 'source-repaired'; readonly update: string; readonly revision: string }
  | { readonly kind: 'updated'; readonly update: MergedUpdate }
  /** The source is built as it stands. */
  | { readonly kind: 'not-updated'; readonly why: string }
  /** The build had another name before, and continues where it stopped. */
  | { readonly kind: 'renamed'; readonly from: string }
  | {
      readonly kind: 'stage-started';
      readonly stage: string;
      readonly expectedMs: number | undefined;
      /** Its log, and where what this run writes begins in it, in bytes. */
      readonly logFile: string;
      readonly logStart: number;
    }
  | { readonly kind: 'stage-ended'; readonly stage: StageReport }
  /**
   * All stages have ended, of the source as it is in version control. The cursor has not moved yet: if the process dies while it handles
   * this event, the next run builds the same again.
   */
  | {
      readonly kind: 'built';
      readonly stamp: Buildstamp;
      readonly stages: readonly StageReport[];
      readonly update: MergedUpdate | undefined;
    }
  /** The run has ended, and its locks are what they will stay. Only reports and mails are still to be delivered. */
  | {
      readonly kind: 'ended';
      /** The kind of its result. */
      readonly result: string;
      readonly exitCode: number;
      /** What was wrong, in a few words. */
      readonly headline: string | undefined;
    }
  /** Reports are sent to the dashboard; the locks are gone. */
  | { readonly kind: 'submitting' }
  | { readonly kind: 'submitted'; readonly reports: number }
  /** The server is away or wants something else; later runs try again. */
  | { readonly kind: 'submission-put-off'; readonly why: string; readonly left: string }
  /** Everything is delivered. */
  | { readonly kind: 'spool-empty' }
  | { readonly kind: 'lingering'; readonly ms: number }
  | { readonly kind: 'warning'; readonly text: string };

export interface StageReport {
  readonly name: string;
  readonly outcome: StageOutcome;
  readonly ms: number;
  readonly logFile: string;
  /** What failed in it; undefined when it has passed. */
  readonly failure?: Failure;
}
