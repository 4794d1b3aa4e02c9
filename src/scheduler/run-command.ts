import { dirname, join } from 'node:path';
import type { Build, Project } from '../config/project.js';
import type { JobRecord } from './job-record.js';

/** `stagelock --config FILE run BUILD`, the same from cron, from systemd and from a scheduler of ours. */
export function runCommandOf(
  project: Project,
  build: Build,
  program: readonly string[],
  options: readonly string[] = [],
): string[] {
  return [...program, '--config', project.file, 'run', ...options, build.name];
}

/** The option for a caller that does not send the mails of the configuration: the run then sends them itself. */
export function mailOption({ mail }: Project): readonly string[] {
  return mail === undefined || mail.to.length === 0 ? [] : ['--mail'];
}

/** Where the standard output of its runs goes, to the end of what is there; beside the configuration. */
export function runLogOf(project: Project, build: Build): string {
  return join(dirname(project.file), `${build.name}.log`);
}

/** The same of a job of an earlier scheduler; undefined when the configuration no longer has its build. */
export function logOfJob(project: Project, { build: name }: JobRecord): string | undefined {
  const build = project.builds.get(name);
  return build === undefined ? undefined : runLogOf(project, build);
}
