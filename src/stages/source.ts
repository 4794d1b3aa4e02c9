import type { Primary, UpdateSource } from '../config/project.js';
import { versionControlOf } from '../updates/chosen-system.js';
import { journalDirectory } from '../updates/journal.js';
import type { Checkout, VersionControl } from '../updates/version-control.js';
import type { Buildstamp } from './buildstamp.js';
import { type Run, runEnvironment } from './run.js';
import type { RunContext } from './run-context.js';

/** The source of a primary in one of its runs. */
export interface Source {
  readonly primary: Primary;
  readonly system: VersionControl;
  readonly checkout: Checkout;
  readonly stamp: Buildstamp;
  readonly context: RunContext;
}

/** @param log gets what the version control system says, line by line */
export function sourceOf(
  primary: Primary,
  update: UpdateSource,
  { stamp, context }: Pick<Run, 'stamp' | 'context'>,
  log?: (line: string) => void,
): Source {
  const environment = runEnvironment(primary, { stamp, context });
  const limits = { timeoutMs: update.timeoutMs, signal: context.signal };
  return {
    primary,
    system: versionControlOf(update, journalDirectory(primary.directory)),
    checkout: { source: primary.source, environment, ...limits, ...(log !== undefined && { log }) },
    stamp,
    context,
  };
}
