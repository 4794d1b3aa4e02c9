import type { Build, Project } from '../config/project.js';
import type { Host } from '../host/host.js';
import { mailsOf, type ProjectMails } from '../mail/project-mails.js';
import { eventsIn, spoolOf } from '../notify/spool.js';
import { type BuildStatus, statusOf } from '../stages/status.js';
import { type InstanceStatus, instances } from './instance.js';
import { nextFiring } from './next-firing.js';
import { type PlaceInQueue, placesInQueues } from './places.js';

/** A build as its locks and files show it, with what schedules say of it. */
export interface ScheduledStatus extends BuildStatus {
  /** Where it waits for a free slot of a scheduler. */
  readonly place?: PlaceInQueue;
  /** When it runs next by its schedule, milliseconds since 1970; whether cron or a scheduler heeds that, it does not say. */
  readonly nextMs?: number;
}

/** How much waits for an entry of `[[notify]]`. */
export interface EventsWaiting {
  readonly subscriber: string;
  readonly waiting: number;
}

/** All that is known of a project at one moment. */
export interface ProjectStatus {
  readonly builds: readonly ScheduledStatus[];
  readonly schedulers: readonly InstanceStatus[];
  /** Undefined where nothing is mailed. */
  readonly mails: ProjectMails | undefined;
  /** Of each entry of `[[notify]]`. */
  readonly events: readonly EventsWaiting[];
}

/**
 * Looks at a project. Locks nothing and changes nothing.
 *
 * @param only the one build to look at, if given
 * @throws the system's error when the state of the schedulers or the spool of mails cannot be read
 */
export function projectStatus(project: Project, host: Host, now: Date, only?: Build): ProjectStatus {
  return projectStatusOf(project, statusOf(project, host, only), host, now);
}

/** The same of builds that were looked at before. @throws likewise */
export function projectStatusOf(
  project: Project,
  builds: readonly BuildStatus[],
  host: Host,
  now: Date,
): ProjectStatus {
  const { state, timeZone } = project.scheduler;
  const schedulers = instances(state, host);
  const places = placesInQueues(state, schedulers);
  return {
    builds: builds.map((status) => {
      const place = places.get(status.build);
      const build = project.builds.get(status.build);
      const nextMs = build && nextFiring(build, now.getTime(), timeZone);
      return { ...status, ...(place !== undefined && { place }), ...(nextMs !== undefined && { nextMs }) };
    }),
    schedulers,
    mails: project.mail === undefined ? undefined : mailsOf(project),
    events: project.subscribers.map((subscriber) => ({
      subscriber: subscriber.name,
      waiting: eventsIn(spoolOf(project, subscriber)).entries().length,
    })),
  };
}
