import type { UpdateSource } from '../config/project.js';

import { withCommand } from './custom.js';
import { cvs } from './cvs/cvs.js';
import { git } from './git/git.js';
import { withSubmodules } from './git/submodules.js';
import { hg } from './hg/hg.js';
import { leftAlone } from './left-alone.js';
import { withClient } from './named-client.js';
import { svn } from './svn/svn.js';
import type { VersionControl } from './version-control.js';

/**
 * The version control system that a build's update is configured for.
 *
 * @param memory a directory of the build for what a system itself does not keep
 */
export function versionControlOf(update: UpdateSource, memory: string): VersionControl {
  const system = systemOf(update, memory);
  const moved = update.command === undefined ? system : withCommand(system, update.command);
  const whole =
    update.type === 'git' && update.submodules !== 'none'
      ? withSubmodules(moved, update.mode, update.submodules)
      : moved;
  const named = update.client === undefined ? whole : withClient(whole, update.client);
  return update.versionOnly ? leftAlone(named) : named;
}

function systemOf(update: UpdateSource, memory: string): VersionControl {
  switch (update.type) {
    case 'git':
      return git(update);
    case 'svn':
      return svn(update);
    case 'hg':
      return hg(update, memory);
    case 'cvs':
      return cvs(update, memory);
  }
}
