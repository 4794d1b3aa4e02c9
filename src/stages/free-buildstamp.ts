import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Build } from '../config/project.js';
import { type Buildstamp, buildstampOf } from './buildstamp.js';
import { UPDATE } from './names.js';
import { layoutOf, logFileOf } from './temporary.js';

const MINUTE_MS = 60_000;
/** A build that runs this often within an hour has worse problems than which of its reports are kept. */
const MOST_MINUTES = 60;

/**
 * The buildstamp of a run that begins: of this minute, or of the next one that no earlier run of the build has used. Dashboards
 * and CTest know a run by its minute; a second one of the same would overwrite the reports and continue the logs of the first.
 * Runs of one night share theirs on purpose.
 *
 * Looks before the run has its `running`, since that names the stamp. A run that begins and ends between this look and ours
 * has used the same one; then it is as if there were only one.
 */
export function freeBuildstamp(build: Build, now: Date): Buildstamp {
  const stamp = buildstampOf(build.model, now, build.nightlyStart);
  if (build.model === 'Nightly') return stamp;
  for (let minutes = 0; minutes < MOST_MINUTES; minutes++) {
    const next = buildstampOf(build.model, new Date(now.getTime() + minutes * MINUTE_MS), build.nightlyStart);
    if (!isUsed(build, next)) return next;
  }
  return stamp;
}

/** Whether a run has left reports or logs. A link at the place of a log is none: what it is there for, a person has to see. */
function isUsed({ directory, stages }: Build, { tag }: Buildstamp): boolean {
  const layout = layoutOf(directory);
  if (lstatSync(join(layout.testing, tag), { throwIfNoEntry: false }) !== undefined) return true;
  const names = [UPDATE, ...stages.map(({ name }) => name)];
  return names.some((name) => lstatSync(logFileOf(layout, name, tag), { throwIfNoEntry: false })?.isFile());
}
