import type { Build, Project } from '../config/project.js';
import { type Failure, NOTHING_FOUND } from '../failures/failure.js';
import { tellBreakage } from '../mail/breakage.js';
import { deliverCollected } from '../mail/deliver-waiting.js';
import { mailSpoolOf } from '../mail/post-office.js';
import { adviceOnSecret, passwordOf } from '../secrets/advice.js';
import { errorText } from '../text/error-text.js';
import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';
import type { Warnings } from '../warnings/reporter.js';
import { sameFailure } from '../warnings/same-state.js';
import { describeOutcome } from './outcome-text.js';
import type { RunEvent, StageReport } from './run-event.js';
import { buildsOfSource, isBuiltByAll } from './updates-to-build.js';

/**
 * Puts a mail to the authors of what was built into the spool, if this run is the first that failed or the first that did not
 * any more.
 *
 * @param run its random id
 * @returns what could not be done, for a person
 */
export function mailAuthors(
  project: Project,
  build: Build,
  { stamp, stages, update }: Extract<RunEvent, { kind: 'built' }>,
  { run, host, user }: { readonly run: string; readonly host: string; readonly user: string },
): string | undefined {
  const { mail } = project;
  if (mail === undefined || !(mail.authors || mail.monitors.length > 0)) return undefined;
  const failures = stages.filter(({ outcome }) => outcome.kind !== 'passed').map(failureIn);
  // Where no other build has this source, none can break by the same commit.
  const collectMs = buildsOfSource(project, build).length > 1 ? mail.collectMs : 0;
  const toSeeMore = `stagelock --config ${shellWord(project.file)} log ${shellWord(build.name)} --show`;
  const result = failures.length > 0 ? 'failed' : 'passed';
  try {
    tellBreakage(
      { build: build.name, run, stamp: stamp.text, result, update, failures, ended: new Date(), toSeeMore },
      { project: project.name, user, host, mail, spool: mailSpoolOf(project), now: () => new Date(), collectMs },
    );
    return undefined;
  } catch (error) {
    const why = errorText(error);
    return `could not mail the authors of what is ${result === 'failed' ? 'broken' : 'mended'}: ${why}`;
  }
}

function failureIn(stage: StageReport): Failure {
  return stage.failure ?? { ...NOTHING_FOUND, stage: stage.name, end: describeOutcome(stage), logFile: stage.logFile };
}

/**
 * Delivers what this run and earlier ones have to mail. A server that is away is no reason for a run to fail.
 *
 * @param began when this run began
 * @param linger whether to wait for what collects the letters of other builds, and came since then
 * @returns what to report
 * @throws the system's error, LockError
 */
export async function mailAfterRun(
  project: Project,
  build: Build,
  warnings: Warnings,
  { began, signal, linger }: { readonly began: Date; readonly signal: AbortSignal; readonly linger: boolean },
): Promise<string[]> {
  const delivery = await deliverCollected(
    project,
    { since: linger ? began : undefined, isComplete: () => isBuiltByAll(project, build) },
    {
      now: () => new Date(),
      environment: process.env,
      signal,
      atOnce: false,
    },
  );
  const problems = (delivery?.problems ?? []).map((problem) => `${build.name}: ${shown(problem)}`);
  if (delivery?.end.kind === 'put-off') {
    const { left, end } = delivery;
    const waiting = `${left.count === 1 ? 'A mail is waiting' : `${left.count} mails are waiting`}; later runs retry. To see what waits: stagelock mail`;
    const advice = adviceOnSecret(passwordOf(project.mail));
    const lines = [`${build.name}: a mail could not be sent: ${shown(end.why)}`, ...advice, `  ${waiting}`];
    return [...problems, ...warnings.warn('mail', sameFailure(end.why), lines)];
  }
  const isOver = delivery === undefined || delivery.end.kind === 'empty';
  return [...problems, ...(isOver ? warnings.over('mail', `${build.name}: the mails are delivered.`, began) : [])];
}
