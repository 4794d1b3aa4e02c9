import type { Coordination } from '../config/project.js';
import type { Host } from '../host/host.js';
import type { ConfiguredBuilds } from '../updates/renamed.js';
import type { RunEvent } from './run-event.js';
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
  /** Fires when the process was asked to stop. */
  readonly signal: AbortSignal;
  readonly report: (event: RunEvent) => void;
  /** All builds of the configuration; absent where they are not known, and no build was renamed. */
  readonly configured?: ConfiguredBuilds;
  /** Builds although there is no news. */
  readonly force?: boolean;
  /** Of the project, where builds of other hosts share its updates. */
  readonly coordination?: Coordination;
  readonly step: StepListener;
}
