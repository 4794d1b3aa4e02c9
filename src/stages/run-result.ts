import type { Inspection } from '../locks/index.js';
import type { MergedUpdate } from '../updates/record.js';
import type { Buildstamp } from './buildstamp.js';
import type { ClaimRefusal } from './claim-refusal.js';
import type { InTheWay } from './in-the-way.js';
import type { Interrupted } from './run.js';
import type { StageReport } from './run-event.js';
import type { Loss } from './run-line.js';
import type { MovedSource } from './source-proof.js';
import type { FoundStageLock } from './stage-lock.js';
import type { WatchedLock } from './until-free.js';

/** How a run ended. Whatever is not listed is an exception, and leaves the locks as they are. */
export type RunResult =
  | { readonly kind: 'done'; readonly stamp: Buildstamp; readonly stages: readonly StageReport[] }
  /** A continuous build whose source is the one that it has built already. */
  | { readonly kind: 'no-news' }
  | {
      readonly kind: 'stage-failed';
      readonly stamp: Buildstamp;
      readonly stages: readonly StageReport[];
      /** What it built that was not built before; undefined where stagelock does not update the source. */
      readonly update: MergedUpdate | undefined;
    }
  /** The update failed without touching the source; nothing was built. */
  | { readonly kind: 'update-failed'; readonly message: string; readonly logFile?: string }
  /** The update may have left the source half updated; `running` and `update` stay. */
  | {
      readonly kind: 'update-broken';
      readonly message: string;
      readonly logFile: string;
      readonly left: readonly string[];
    }
  /** An earlier update has left the source half updated, and it could not be made whole; no lock stays, the mark does. */
  | {
      readonly kind: 'not-repaired';
      readonly message: string;
      readonly logFile: string;
      /** Whether processes of that update still run. */
      readonly living: boolean;
    }
  /** Likewise, as a secondary sees it. */
  | { readonly kind: 'source-half-moved'; readonly message: string; readonly waitedMs: number }
  /** The source is claimed by another primary, or cannot be claimed; nothing was touched. */
  | { readonly kind: 'source-claimed'; readonly refusal: ClaimRefusal }
  /** Another run of this build is in progress, or has left these locks. */
  | { readonly kind: 'held'; readonly locks: readonly FoundStageLock[] }
  /** Secondaries are building, and the primary is configured not to wait for them. */
  | { readonly kind: 'secondaries-building'; readonly locks: readonly FoundStageLock[] }
  | { readonly kind: 'wait-timed-out'; readonly locks: readonly WatchedLock[]; readonly waitedMs: number }
  /** The source is not what the last update record says, and stayed so. */
  | { readonly kind: 'source-unrecorded'; readonly head: string; readonly recorded: string; readonly waitedMs: number }
  /** All of the source is not what the last update record says; the message says why and what to do. */
  | { readonly kind: 'source-not-proved'; readonly message: string }
  /** The source was moved while it was built. The reports say so, and it will be built again. */
  | (MovedSource & { readonly stamp: Buildstamp; readonly stages: readonly StageReport[] })
  /** Processes of runs that have no locks any more, which this one would disturb or be disturbed by. */
  | (InTheWay & { readonly kind: 'in-the-way' })
  | { readonly kind: 'section-busy'; readonly path: string; readonly holder: Inspection }
  /** Nothing was begun, because what hosts share could not be reached. */
  | { readonly kind: 'coordination-away'; readonly message: string }
  /** It had to end in its middle, and its locks stay. Nothing was recorded after the loss. */
  | { readonly kind: 'cut-off'; readonly loss: Loss; readonly left: readonly string[] }
  | Interrupted;
