import type { Build, Project } from '../config/project.js';
import { tellBreakage } from '../mail/breakage.js';
import { mailSpoolOf } from '../mail/post-office.js';
import { describeOutcome } from '../stages/messages.js';
import type { RunEvent } from '../stages/run-context.js';
import { userName } from './user-name.js';

/**
 * Puts a mail to the authors of what was built into the spool, if this run is the first that failed or the first that did not
 * any more.
 *
 * @param run its random id
 * @returns what could not be done, for a person
 */
export function tellAuthors(
  project: Project,
  build: Build,
  { stamp, stages, update }: Extract<RunEvent, { kind: 'built' }>,
  run: string,
  host: string,
): string | undefined {
  const { mail } = project;
  if (mail === undefined || !(mail.authors || mail.monitors.length > 0)) return undefined;
  const failures = stages
    .filter(({ outcome }) => outcome.kind !== 'passed')
    .map((stage) => ({ stage: stage.name, what: describeOutcome(stage), logFile: stage.logFile }));
  const result = failures.length > 0 ? 'failed' : 'passed';
  try {
    tellBreakage(
      { build: build.name, run, stamp: stamp.text, result, update, failures, ended: new Date() },
      { project: project.name, user: userName(), host, mail, spool: mailSpoolOf(project), now: () => new Date() },
    );
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `no mail to the authors of what is ${result === 'failed' ? 'broken' : 'mended'}: ${why}`;
  }
}
