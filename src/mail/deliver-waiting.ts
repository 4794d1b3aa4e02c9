import type { Project } from '../config/project.js';
import type { MailContext, MailDelivery } from './delivery.js';
import { deliverPost, mailSpoolOf } from './post-office.js';
import { hasLetters } from './spool.js';

/** Delivers the mails of a project that are due. @returns undefined when none waits, or nothing is mailed */
export async function deliverWaiting(project: Project, context: MailContext): Promise<MailDelivery | undefined> {
  if (project.mail === undefined || !hasLetters(mailSpoolOf(project))) return undefined;
  return await deliverPost(project, context);
}
