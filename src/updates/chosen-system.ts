import type { UpdateSource } from '../config/project.js';

import { git } from './git/git.js';
import { withSubmodules } from './git/submodules.js';
import { leftAlone } from './left-alone.js';
import { withClient } from './named-client.js';
import type { VersionControl } from './version-control.js';

/**
 * The version control system that a build's update is configured for. Loads the code of that system only: a run reads its program
 * anew each minute.
 *
 * @param memory a directory of the build for what a system itself does not keep
 */
export async function versionControlOf(update: UpdateSource, memory: string): Promise<VersionControl> {
  const system = await systemOf(update, memory);
  const moved =
    update.command === undefined ? system : (await import('./custom.js')).withCommand(system, update.command);
  const whole =
    update.type === 'git' && update.submodules !== 'none'
      ? withSubmodules(moved, update.mode, update.submodules)
      : moved;
  const named = update.client === undefined ? whole : withClient(whole, update.client);
  return update.versionOnly ? leftAlone(named) : named;
}

async function systemOf(update: UpdateSource, memory: string): Promise<VersionControl> {
  switch (update.type) {
    case 'git':
      return git(update);
    case 'svn':
      return (await import('./svn/svn.js')).svn(update);
    case 'hg':
      return (await import('./hg/hg.js')).hg(update, memory);
    case 'cvs':
      return (await import('./cvs/cvs.js')).cvs(update, memory);
  }
}
