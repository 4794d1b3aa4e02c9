import type { ProjectStatus } from '../scheduler/project-status.js';
import type { BuildStatus } from '../stages/status.js';
import type { Family, Sample } from './text-format.js';

/** What of a status is measured. */
export type ProjectMeasured = Pick<ProjectStatus, 'builds' | 'mails' | 'events'>;

/** The families of a project, from the same that `stagelock status` shows. Times are seconds since 1970, durations seconds. */
export function familiesOf(project: string, { builds, mails, events }: ProjectMeasured, now: Date): Family[] {
  const of = (build: BuildStatus, more: Readonly<Record<string, string>> = {}) => ({
    project,
    build: build.build,
    ...more,
  });
  const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
    name: `stagelock_${name}`,
    help,
    type: 'gauge',
    samples,
  });
  const each = (samplesOf: (build: BuildStatus) => readonly (Sample | undefined)[]): Sample[] =>
    builds.flatMap(samplesOf).filter((sample) => sample !== undefined);
  const one = (build: BuildStatus, value: number | undefined): (Sample | undefined)[] => [
    value === undefined || Number.isNaN(value) ? undefined : { labels: of(build), value },
  ];
  return [
    gauge(
      'last_success_timestamp_seconds',
      'When the last run that passed ended.',
      each((build) => one(build, secondsOf(build.past?.passed?.ended))),
    ),
    gauge(
      'last_run_timestamp_seconds',
      'When the last run that built something ended.',
      each((build) => one(build, secondsOf(build.past?.last?.ended))),
    ),
    gauge(
      'last_run_success',
      'Whether the last run that passed or failed, and was not skipped, passed.',
      each((build) => one(build, build.past?.judged && Number(build.past.judged.result === 'done'))),
    ),
    gauge(
      'last_run_duration_seconds',
      'How long that run took, waits included.',
      each((build) => one(build, durationOf(build.past?.last?.begun, build.past?.last?.ended))),
    ),
    gauge(
      'last_run_waited_seconds',
      'How long that run waited for locks of other builds.',
      each((build) => one(build, build.past?.last && (build.past.last.waitedMs ?? 0) / 1000)),
    ),
    gauge(
      'last_run_stage_duration_seconds',
      'How long each stage of that run took.',
      each((build) =>
        (build.past?.last?.stages ?? []).map(({ name, ms }) => ({
          labels: of(build, { stage: name }),
          value: ms / 1000,
        })),
      ),
    ),
    gauge(
      'lock_age_seconds',
      'How long each stage lock is held, and whether its owner is alive, dead, or on a host that alone can tell.',
      each((build) =>
        build.locks.map(({ name, record, judgement }) => {
          const value = durationOf(record?.since, now.toISOString());
          return value === undefined ? undefined : { labels: of(build, { lock: name, owner: judgement.fate }), value };
        }),
      ),
    ),
    gauge(
      'updates_to_build',
      'Updates of the source that the build has yet to build.',
      each((build) => one(build, build.owes)),
    ),
    gauge(
      'reports_waiting',
      'Submissions that the dashboard has not got yet.',
      each((build) => one(build, build.undelivered.count)),
    ),
    gauge(
      'unreadable',
      'Whether the state of the build cannot be read.',
      each((build) => one(build, Number(build.problem !== undefined))),
    ),
    gauge(
      'mails_waiting',
      'Mails that have not been delivered yet.',
      mails === undefined ? [] : [{ labels: { project }, value: mails.waiting.length }],
    ),
    gauge(
      'mails_given_up',
      'Mails that could not be delivered, of which the newest are kept.',
      mails === undefined ? [] : [{ labels: { project }, value: mails.failed.length }],
    ),
    gauge(
      'events_waiting',
      'Events that an entry of [[notify]] has not got yet.',
      events.map(({ subscriber, waiting }) => ({ labels: { project, subscriber }, value: waiting })),
    ),
  ];
}

function secondsOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time) / 1000;
}

function durationOf(from: string | undefined, to: string | undefined): number | undefined {
  if (from === undefined || to === undefined) return undefined;
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}
