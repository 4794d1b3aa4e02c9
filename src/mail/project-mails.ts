import type { Project } from '../config/project.js';
import { type Outage, readOutage } from '../spool/outage.js';
import { mailSpoolOf } from './post-office.js';
import { readFailed, readSpool, type SpooledLetter } from './spool.js';

/** The mails of a project that have not arrived. */
export interface ProjectMails {
  readonly waiting: readonly SpooledLetter[];
  /** The newest that some recipient never got. */
  readonly failed: readonly SpooledLetter[];
  /** Why none has been sent for a while, where some wait. */
  readonly noWay: Outage | undefined;
  /** What else stands in the spool. */
  readonly problems: readonly string[];
}

/** What is in the spool of a project. @throws the system's error */
export function mailsOf(project: Project): ProjectMails {
  const spool = mailSpoolOf(project);
  const { letters: waiting, problems } = readSpool(spool);
  const { letters: failed } = readFailed(spool);
  return { waiting, failed, noWay: waiting.length > 0 ? readOutage(spool) : undefined, problems };
}
