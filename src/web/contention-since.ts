import type { Project } from '../config/project.js';
import { type BuildContention, contentionOfBuilds, type WaitingBuild } from '../contention/build-waits.js';
import { waitingBuild } from '../contention/waiting-build.js';
import { Slices } from '../scheduler/slices.js';
import { readHistory } from '../stages/history.js';

/** Who waited for whom, by the whole histories of all builds, one after another so that other readers have their turn. */
export async function contentionSince({ builds }: Project, sinceMs: number): Promise<BuildContention> {
  const slices = new Slices(() => undefined);
  const waiting: WaitingBuild[] = [];
  for (const build of builds.values()) {
    waiting.push(await slices.run(() => recent(waitingBuild(build, readHistory(build.directory).runs), sinceMs)));
  }
  return contentionOfBuilds(waiting, sinceMs);
}

/** Without the runs before that, which would fill the memory. */
function recent(build: WaitingBuild, sinceMs: number): WaitingBuild {
  return { ...build, runs: build.runs.filter(({ beganMs }) => beganMs >= sinceMs) };
}
