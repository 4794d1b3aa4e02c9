import { join } from 'node:path';
import type { Project } from '../config/project.js';
import { deliverMail, type MailContext, type MailDelivery } from './delivery.js';
import type { Letter } from './letter.js';
import { addLetter } from './spool.js';

/** `mail` below the state of a project's schedulers. */
export function mailSpoolOf(project: Project): string {
  return join(project.scheduler.state, 'mail');
}

/** Puts a letter into the spool of a project. @throws the system's error, for example ENOSPC */
export function postLetter(project: Project, letter: Letter, now: Date): 'added' | 'there' | 'nobody' {
  return addLetter(mailSpoolOf(project), letter, now);
}

/** Delivers the spool of a project; of one that mails nothing, nothing. @throws the system's error, LockError */
export async function deliverPost(project: Project, context: MailContext): Promise<MailDelivery> {
  const { mail } = project;
  if (mail === undefined) return { delivered: 0, left: { count: 0 }, problems: [], end: { kind: 'empty' } };
  return await deliverMail(mailSpoolOf(project), mail, context);
}
