import type { Project } from '../config/project.js';
import { pause } from '../host/pause.js';
import { collectsUntilMs } from './collecting.js';
import type { MailContext, MailDelivery } from './delivery.js';
import { deliverPost, mailSpoolOf } from './post-office.js';
import { hasLetters } from './spool.js';

/**
 * The same, and then waits for those that collect the letters of other builds, and delivers them: where builds run once a night, no other
 * process does.
 *
 * @param since only for those that were put there since then; undefined for none
 */
export async function deliverCollected(
  project: Project,
  since: Date | undefined,
  context: MailContext,
): Promise<MailDelivery | undefined> {
  const first = await deliverWaiting(project, context);
  const untilMs = since === undefined || first === undefined ? undefined : collectsUntilMs(mailSpoolOf(project), since);
  if (untilMs === undefined || context.signal.aborted) return first;
  await pause(Math.max(0, untilMs - context.now().getTime()), context.signal);
  if (context.signal.aborted) return first;
  const second = await deliverWaiting(project, context);
  return (
    second && {
      ...second,
      delivered: (first?.delivered ?? 0) + second.delivered,
      problems: [...(first?.problems ?? []), ...second.problems],
    }
  );
}

/** Delivers the mails of a project that are due. @returns undefined when none waits, or nothing is mailed */
export async function deliverWaiting(project: Project, context: MailContext): Promise<MailDelivery | undefined> {
  if (project.mail === undefined || !hasLetters(mailSpoolOf(project))) return undefined;
  return await deliverPost(project, context);
}
