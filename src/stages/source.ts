import type { Primary } from '../config/project.js';
import type { Checkout, VersionControl } from '../updates/version-control.js';
import type { Buildstamp } from './buildstamp.js';
import { primaryOf } from './primary-of.js';
import { type Run, runEnvironment, type Tracked } from './run.js';
import type { RunContext } from './run-context.js';
import type { RunLine } from './run-line.js';

/** The source of a primary in one of its runs. */
export interface Source {
  readonly primary: Primary;
  readonly system: VersionControl;
  readonly checkout: Checkout;
  readonly stamp: Buildstamp;
  readonly line: RunLine | undefined;
  readonly context: RunContext;
}

/** @param log gets what the version control system says, line by line */
export function sourceOf(run: Run, { system, update }: Tracked, log?: (line: string) => void): Source {
  const { stamp, line, context } = run;
  const primary = primaryOf(run.build);
  const environment = runEnvironment(primary, run);
  const limits = { timeoutMs: update.timeoutMs, signal: context.signal };
  return {
    primary,
    system,
    checkout: { source: primary.source, environment, ...limits, ...(log !== undefined && { log }) },
    stamp,
    line,
    context,
  };
}
