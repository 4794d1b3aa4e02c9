import type { Project } from '../config/project.js';
import type { MailDelivery } from '../mail/delivery.js';
import { deliverPost, mailSpoolOf } from '../mail/post-office.js';
import { hasLetters } from '../mail/spool.js';

/** Delivers the mails of a project that are due. @returns undefined when there are none, or nothing is mailed */
export async function deliverMails(
  project: Project,
  signal: AbortSignal,
  atOnce = false,
): Promise<MailDelivery | undefined> {
  if (project.mail === undefined || !hasLetters(mailSpoolOf(project))) return undefined;
  return await deliverPost(project, { now: () => new Date(), environment: process.env, signal, atOnce });
}
