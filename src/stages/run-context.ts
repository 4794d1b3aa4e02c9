import type { Build } from '../config/project.js';
import type { Host } from '../host/host.js';
import { recordOf } from '../host/process-fate.js';
import type { Inspection } from '../locks/index.js';
import { installedFile } from '../processes/installed-file.js';
import { MAY_LEAVE_VARIABLE } from '../processes/marks.js';
import { RUN_VARIABLE } from '../processes/members.js';
import { withoutSecrets } from '../secrets/environment.js';
import type { MergedUpdate } from '../updates/record.js';
import type { ConfiguredBuilds } from '../updates/renamed.js';
import type { Buildstamp } from './buildstamp.js';
import type { RunIdentity } from './held-locks.js';
import type { InTheWay } from './in-the-way.js';
import type { SectionSettings } from './section.js';
import type { ClaimRefusal } from './source-claim.js';
import type { MovedSource } from './source-proof.js';
import type { StageOutcome } from './stage-command.js';
import type { FoundStageLock } from './stage-lock.js';
import type { StepListener } from './steps.js';
import type { WatchedLock } from './until-free.js';

/** Everything a run takes from outside, so that a test can replay it. */
export interface RunContext {
  readonly host: Host;
  readonly now: () => Date;
  /** Absolute path of the configuration, for the claim of the source. */
  readonly configFile: string;
  /** Who runs it, for the locks. */
  readonly user: string;
  /** The command line, for the locks. */
  readonly command: string;
  /** Random, the same for all of this run. */
  readonly run: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Variables of it that hold secrets, which no command of a run finds in its own. */
  readonly secretVariables: ReadonlySet<string>;
  /** Fires when the process was told to stop. */
  readonly signal: AbortSignal;
  readonly report: (event: RunEvent) => void;
  /** All builds of the configuration; absent where nobody knows them, and no build was renamed. */
  readonly configured?: ConfiguredBuilds;
  readonly step: StepListener;
}

/** What happens in a run, for its progress display. */
export type RunEvent =
  | { readonly kind: 'begun'; readonly build: Build; readonly stamp: Buildstamp }
  | { readonly kind: 'waiting'; readonly locks: readonly FoundStageLock[]; readonly timeoutMs: number }
  | { readonly kind: 'waited'; readonly ms: number }
  | { readonly kind: 'waiting-for-record'; readonly head: string; readonly timeoutMs: number }
  | { readonly kind: 'waiting-for-repair'; readonly update: string; readonly timeoutMs: number }
  /** An update that broke off had left the source half moved. */
  | { readonly kind: 'source-repaired'; readonly update: string; readonly revision: string }
  | { readonly kind: 'updated'; readonly update: MergedUpdate }
  /** The source is built as it stands. */
  | { readonly kind: 'not-updated'; readonly why: string }
  /** It had another name before, and goes on where it was. */
  | { readonly kind: 'renamed'; readonly from: string }
  | { readonly kind: 'stage-started'; readonly stage: string; readonly expectedMs: number | undefined }
  | { readonly kind: 'stage-ended'; readonly stage: StageReport }
  /**
   * All stages have ended, of the source as it is in version control. The cursor has not moved yet: who dies while he makes
   * something of this event builds the same again.
   */
  | {
      readonly kind: 'built';
      readonly stamp: Buildstamp;
      readonly stages: readonly StageReport[];
      readonly update: MergedUpdate | undefined;
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
}

/** How a run ended. Whatever is not listed is an exception, and leaves the locks as they are. */
export type RunResult =
  | { readonly kind: 'done'; readonly stamp: Buildstamp; readonly stages: readonly StageReport[] }
  /** A continuous build whose source is the one that it has built already. */
  | { readonly kind: 'no-news' }
  | { readonly kind: 'stage-failed'; readonly stamp: Buildstamp; readonly stages: readonly StageReport[] }
  /** The update failed without touching the source; nothing was built. */
  | { readonly kind: 'update-failed'; readonly message: string; readonly logFile?: string }
  /** The update may have left the source half moved; `running` and `update` stay. */
  | {
      readonly kind: 'update-broken';
      readonly message: string;
      readonly logFile: string;
      readonly left: readonly string[];
    }
  /** An earlier update has left the source half moved, and it could not be made whole; no lock stays, the mark does. */
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
  /** Another run of this build is going on, or has left these locks. */
  | { readonly kind: 'held'; readonly locks: readonly FoundStageLock[] }
  /** Secondaries are building, and the primary is configured not to wait for them. */
  | { readonly kind: 'secondaries-building'; readonly locks: readonly FoundStageLock[] }
  | { readonly kind: 'wait-timed-out'; readonly locks: readonly WatchedLock[]; readonly waitedMs: number }
  /** The source is not what the last update record says, and stayed so. */
  | { readonly kind: 'source-unrecorded'; readonly head: string; readonly recorded: string; readonly waitedMs: number }
  /** All of the source is not what the last update record says; the message says why and what to do. */
  | { readonly kind: 'source-not-proved'; readonly message: string }
  /** Somebody moved the source while it was built. The reports say so, and it will be built again. */
  | (MovedSource & { readonly stamp: Buildstamp; readonly stages: readonly StageReport[] })
  /** Processes of runs that have no locks any more, which this one would disturb or be disturbed by. */
  | (InTheWay & { readonly kind: 'in-the-way' })
  | { readonly kind: 'section-busy'; readonly path: string; readonly holder: Inspection }
  /** Told to stop; the locks stay, as after any signal. */
  | { readonly kind: 'interrupted'; readonly left: readonly string[] };

export function identityOf(build: Build, stamp: Buildstamp, context: RunContext): RunIdentity {
  const { host } = context;
  return {
    build: build.name,
    site: build.site,
    host: host.name,
    ...recordOf(host.pid, host),
    user: context.user,
    // Not so long that others could not read the lock.
    command: context.command.slice(0, 4096),
    buildstamp: stamp.text,
    run: context.run,
  };
}

export function sectionOf(build: Build, context: RunContext): SectionSettings {
  return { strategy: build.strategy, timeoutMs: build.sectionTimeoutMs, signal: context.signal };
}

/** What the commands of a run find in their environment: stages, clients of version control, a custom update. */
export function runEnvironment(build: Build, stamp: Buildstamp, context: RunContext): NodeJS.ProcessEnv {
  return {
    ...withoutSecrets(context.environment, context.secretVariables),
    // Of a stage that has started this run.
    STAGELOCK_STAGE: undefined,
    [MAY_LEAVE_VARIABLE]: undefined,
    [RUN_VARIABLE]: context.run,
    STAGELOCK_BUILD: build.name,
    STAGELOCK_SOURCE: build.source,
    STAGELOCK_BUILD_DIR: build.directory,
    STAGELOCK_MODEL: stamp.model,
    STAGELOCK_TAG: stamp.tag,
    STAGELOCK_BUILDSTAMP: stamp.text,
    // What scripts of `ctest -S` include to run as a stage, see docs/ctest.md.
    STAGELOCK_CTEST: installedFile('config/dashboard.cmake'),
  };
}
