import type { SystemName } from '../../../src/updates/record.js';
import { CVS_STATES } from './cvs-states.js';
import { GIT_STATES } from './git-states.js';
import { HG_STATES } from './hg-states.js';
import type { State } from './state.js';
import { SVN_STATES } from './svn-states.js';

export const ALL_STATES: Readonly<Record<SystemName, readonly State[]>> = {
  git: GIT_STATES,
  svn: SVN_STATES,
  hg: HG_STATES,
  cvs: CVS_STATES,
};
