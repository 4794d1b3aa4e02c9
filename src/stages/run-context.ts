import type { Build } from '../config/project.js';
import type { Host } from '../host/host.js';
import { recordOf } from '../host/process-fate.js';
import { installedFile } from '../processes/installed-file.js';
import { MAY_LEAVE_VARIABLE } from '../processes/marks.js';
import { RUN_VARIABLE } from '../processes/members.js';
import { withoutSecrets } from '../secrets/environment.js';
import type { ConfiguredBuilds } from '../updates/renamed.js';
import type { Buildstamp } from './buildstamp.js';
import type { RunIdentity } from './held-locks.js';
import type { RunEvent } from './run-event.js';
import type { SectionSettings } from './section.js';
import type { StepListener } from './steps.js';

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
