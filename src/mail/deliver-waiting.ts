import type { Project } from '../config/project.js';
import { pause } from '../host/pause.js';
import { collectsUntilMs } from './collecting.js';
import type { MailContext, MailDelivery } from './delivery.js';
import { deliverPost, mailSpoolOf } from './post-office.js';
import { hasLetters } from './spool.js';

/** How long the mails of a run wait for those of other builds. */
export interface Collecting {
  /** Only those that were put into the spool since then are waited for; undefined for none. */
  readonly since: Date | undefined;
  /** Whether no other build has yet to build what this one has. */
  readonly isComplete: () => boolean;
}

const LOOK_EVERY_MS = 2000;

/**
 * The same, and then waits for those that collect the letters of other builds, until these have built the same or the time is over, and
 * delivers them: where builds run once a night, no other process does.
 */
export async function deliverCollected(
  project: Project,
  { since, isComplete }: Collecting,
  context: MailContext,
): Promise<MailDelivery | undefined> {
  const collecting = { ...context, isComplete };
  const first = await deliverWaiting(project, collecting);
  if (first === undefined || since === undefined) return first;
  const untilMs = collectsUntilMs(mailSpoolOf(project), since);
  if (untilMs === undefined) return first;
  for (;;) {
    const leftMs = untilMs - context.now().getTime();
    if (context.signal.aborted) return first;
    if (leftMs <= 0 || isComplete()) break;
    await pause(Math.min(LOOK_EVERY_MS, leftMs), context.signal);
  }
  const second = await deliverWaiting(project, collecting);
  if (second === undefined) return first;
  const problems = [...first.problems, ...second.problems];
  return { ...second, delivered: first.delivered + second.delivered, problems };
}

/** Delivers the mails of a project that are due. @returns undefined when none waits, or nothing is mailed */
export async function deliverWaiting(project: Project, context: MailContext): Promise<MailDelivery | undefined> {
  if (project.mail === undefined || !hasLetters(mailSpoolOf(project))) return undefined;
  return await deliverPost(project, context);
}
