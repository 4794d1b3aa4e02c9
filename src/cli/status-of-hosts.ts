import { buildsElsewhere, type OtherHosts } from '../stages/builds-elsewhere.js';
import { describeLock, unlockCommand } from '../stages/messages.js';
import { shown } from '../text/shown.js';
import { lastText, type StatusView } from './status-text.js';

/** What other hosts do, in lines, by build. */
export function hostLines(hosts: OtherHosts, { project, host, now, paint }: StatusView): string[] {
  const { problem } = hosts;
  if (problem !== undefined) return [`other hosts: unknown, because etcd could not be asked: ${shown(problem)}`];
  const context = { host, now, configFile: project.file, builds: project.builds };
  return buildsElsewhere(hosts).flatMap(({ build, host: where = 'an unknown host', doing, locks, end }) => [
    `${shown(build, 64)} (on ${shown(where, 255)}): ${doing === 'dead' ? 'left locks behind' : doing}`,
    ...(end === undefined ? [] : [`  last run: ${lastText(end.past, now, paint)}`]),
    ...locks.flatMap((lock) => describeLock(lock, context)),
    ...(doing === 'dead' ? [`  After a look: ${unlockCommand(build, context)}`] : []),
  ]);
}
