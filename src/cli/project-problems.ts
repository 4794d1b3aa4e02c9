import type { Problem } from '../config/problem.js';
import { isProgram } from '../config/program-file.js';
import type { Project } from '../config/project.js';
import { thisHost } from '../host/host.js';
import { pathUnderCron, programProblems } from '../scheduler/cron-path.js';
import { watchProblems } from '../scheduler/watch-problems.js';
import { secretProblems } from '../secrets/problems.js';
import { claimProblems } from '../stages/claim-problems.js';
import { placeProblems } from '../stages/place-problems.js';

/**
 * Everything that keeps the builds of a project from running, or that a person has to correct; without a question to a remote. Changes
 * nothing.
 *
 * @param crontab of this user
 */
export function problemsOf(project: Project, crontab: string): Problem[] {
  return [
    ...watchProblems(project),
    ...claimProblems(project, thisHost()),
    ...secretProblems(project),
    ...placeProblems(project),
    ...updateProblems(project),
    ...submissionProblems(project),
    ...programProblems(project, pathUnderCron(crontab, project.file, process.env['PATH'] ?? '')),
    ...sendmailProblems(project),
  ];
}

/** Mail is asked for, and there is nothing that would take it. */
function sendmailProblems({ file, mail }: Project): Problem[] {
  const transport = mail?.transport;
  if (transport?.type !== 'sendmail' || isProgram(transport.program)) return [];
  const message = `there is no ${transport.program} to hand mails to; name another program, or send by SMTP: transport = "smtp"`;
  return [{ file, path: 'mail.sendmail', message }];
}

/** Sources that should be updated and cannot be: nothing of theirs is built. */
function updateProblems({ file, builds }: Project): Problem[] {
  return [...builds.values()].flatMap((build) => {
    const without = build.role === 'primary' ? build.withoutUpdate : undefined;
    if (without?.kind !== 'obstacle') return [];
    const { message, remedy } = without;
    return [{ file, message: `${build.name} cannot be updated: ${message}`, ...(remedy !== undefined && { remedy }) }];
  });
}

/** Reports that should be submitted and cannot be. */
function submissionProblems({ file, builds }: Project): Problem[] {
  return [...builds.values()].flatMap(({ name, withoutSubmission: without }) =>
    without?.kind === 'obstacle' ? [{ file, message: `${name} cannot submit its reports: ${without.message}` }] : [],
  );
}
