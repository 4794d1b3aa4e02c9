import type { Project } from '../config/project.js';
import { lineOf } from './crontab-line.js';

/** What cron calls, by its absolute path. */
export const CRON_SENDMAIL = '/usr/sbin/sendmail';

/**
 * Why no one receives the messages of a project's runs, although cron starts them. Empty where stagelock sends mails itself, and where cron does
 * not run it.
 *
 * @param hasSendmail whether there is a {@link CRON_SENDMAIL}
 */
export function cronMailNotes({ file, mail }: Project, crontab: string, hasSendmail: boolean): string[] {
  const line = lineOf(crontab, file);
  if (mail !== undefined || line === undefined) return [];
  if (line.variables.get('MAILTO') === '') return ['cron mails no errors: MAILTO is empty in the crontab'];
  if (hasSendmail) return [];
  return [
    `cron cannot mail errors: there is no ${CRON_SENDMAIL}. Install a mail server, or have stagelock send it: [mail] with transport = "smtp"`,
  ];
}
