import type { Build, Primary, UpdateSource } from '../config/project.js';
import { recordOf } from '../host/process-fate.js';
import { installedFile } from '../processes/installed-file.js';
import { MAY_LEAVE_VARIABLE } from '../processes/marks.js';
import { RUN_VARIABLE } from '../processes/members.js';
import { withoutSecrets } from '../secrets/environment.js';
import { versionControlOf } from '../updates/chosen-system.js';
import { journalDirectory } from '../updates/journal.js';
import type { VersionControl } from '../updates/version-control.js';
import type { Buildstamp } from './buildstamp.js';
import { freeBuildstamp } from './free-buildstamp.js';
import { HeldLocks, type RunIdentity } from './held-locks.js';
import { primaryOf } from './primary-of.js';
import type { RunContext } from './run-context.js';
import type { RunLine } from './run-line.js';
import { type Layout, logFileOf } from './temporary.js';

/** One run of a build: what all of its steps share, from its first lock to its last. */
export interface Run<B extends Build = Build> {
  readonly build: B;
  /** How its source is updated; undefined where stagelock does not update it. */
  readonly tracked: Tracked | undefined;
  readonly stamp: Buildstamp;
  /** Where the files of its build directory are. */
  readonly layout: Layout;
  /** The stage locks that it holds at the moment. */
  readonly held: HeldLocks;
  /** What it does beyond its host; undefined where it shares nothing with others. */
  readonly line: RunLine | undefined;
  readonly context: RunContext;
}

/** A source that stagelock updates: as configured, and by which version control system. */
export interface Tracked {
  readonly update: UpdateSource;
  readonly system: VersionControl;
}

/**
 * A run that holds nothing yet. What it needs of the program is loaded here, and not after it has waited: stagelock may be upgraded
 * meanwhile.
 *
 * @param layout the directories of which are there
 */
export async function newRun<B extends Build>(
  build: B,
  layout: Layout,
  context: RunContext,
  line?: RunLine,
): Promise<Run<B>> {
  const tracked = await trackedBy(primaryOf(build));
  const stamp = freeBuildstamp(build, context.now());
  const held = new HeldLocks(identityOf(build, stamp, context), context.now);
  return { build, tracked, stamp, layout, held, line, context };
}

async function trackedBy({ update, directory }: Primary): Promise<Tracked | undefined> {
  if (update === undefined) return undefined;
  return { update, system: await versionControlOf(update, journalDirectory(directory)) };
}

function identityOf(build: Build, stamp: Buildstamp, { host, user, command, run }: RunContext): RunIdentity {
  return {
    build: build.name,
    site: build.site,
    host: host.name,
    ...recordOf(host.pid, host),
    user,
    // Not so long that others could not read the lock.
    command: command.slice(0, 4096),
    buildstamp: stamp.text,
    run,
  };
}

/** The log of one of its stages. */
export function logOf({ layout, stamp }: Run, stage: string): string {
  return logFileOf(layout, stage, stamp.tag);
}

/** It was asked to stop. The locks stay: a person who stops a run, or a machine that shuts down, has interrupted something. */
export interface Interrupted {
  readonly kind: 'interrupted';
  readonly left: readonly string[];
}

export function interrupted({ held, line }: Run): Interrupted {
  held.stopHeartbeat();
  return { kind: 'interrupted', left: [...held.paths, ...(line?.held ?? [])] };
}

/** What of a run its environment says. */
export interface Circumstances {
  readonly stamp: Buildstamp;
  readonly context: Pick<RunContext, 'environment' | 'secretVariables' | 'run'>;
}

/**
 * What the commands of a run find in their environment: stages, clients of version control, a custom update.
 *
 * @param build the one that they work for: that of the run, or its primary
 */
export function runEnvironment(build: Build, { stamp, context }: Circumstances): NodeJS.ProcessEnv {
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
