import { describeHolder } from '../locks/index.js';
import { renameBuild } from '../stages/renamed-build.js';
import { shown } from '../text/shown.js';
import { EXIT, Refusal } from './exit.js';
import { buildOf, type GlobalOptions, projectOf } from './project-of.js';

/** `stagelock rename OLD NEW`: after a build was renamed in the configuration. */
export async function renameCommand(options: GlobalOptions, from: string, to: string): Promise<void> {
  const project = projectOf(options);
  const build = buildOf(project, to);
  if (project.builds.has(from)) {
    throw new Refusal(EXIT.usage, `${from} is still a build of ${project.file}; rename it there first`);
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/.test(from)) throw new Refusal(EXIT.usage, `${from} is not a build name`);
  const result = await renameBuild(from, build);
  if (result.kind === 'aborted') throw new Refusal(EXIT.failed, 'stopped; nothing was changed');
  if (result.kind === 'section-busy') {
    const holder = describeHolder(result.holder, Date.now());
    throw new Refusal(EXIT.held, `nothing was changed, because ${result.path} could not be acquired: ${holder}`);
  }
  const renamed = result.value;
  if (renamed.kind === 'running') {
    throw new Refusal(EXIT.held, `nothing was changed: a run is still in progress, or left ${renamed.path}`);
  }
  if (renamed.kind === 'refused') throw new Refusal(EXIT.failed, `nothing was changed: ${renamed.why}`);
  process.stdout.write(`${shown(to)} continues where ${shown(from)} stopped: after update ${renamed.record}\n`);
}
