import type { Build } from '../config/project.js';
import { exitCodeOf } from './exit-code.js';
import { headlineOfResult } from './result-headline.js';
import type { RunContext } from './run-context.js';
import { runPrimary } from './run-primary.js';
import type { RunResult } from './run-result.js';
import { runSecondary } from './run-secondary.js';
import { deliverReports } from './submission.js';
import { notWaited } from './waits.js';

/**
 * One run of a build, as `stagelock run` does it. Every end that is foreseen is a value; an exception leaves the locks
 * of the run in place, as a crash does.
 */
export async function run(build: Build, context: RunContext): Promise<RunResult> {
  const result = await (build.role === 'primary' ? runPrimary(build, context) : runSecondary(build, context));
  const [exitCode, headline] = [exitCodeOf(result), headlineOfResult(result)];
  if (result.kind === 'secondaries-building') context.report({ kind: 'waits', waits: notWaited(result.locks) });
  context.report({ kind: 'ended', result: result.kind, exitCode, headline });
  if (!LEFT_LOCKS.has(result.kind)) await deliverReports(build, context);
  return result;
}

/** Ends after which a person should look, or another run of this build is in progress and delivers by itself. */
const LEFT_LOCKS: ReadonlySet<RunResult['kind']> = new Set([
  'held',
  'section-busy',
  'update-broken',
  'interrupted',
  'cut-off',
]);
