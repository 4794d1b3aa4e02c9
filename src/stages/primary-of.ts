import type { Build, Primary } from '../config/project.js';

/** Whether it is a primary whose updates other hosts may follow, since it follows none itself. */
export function leads(build: Build): build is Primary {
  return build.role === 'primary' && build.update !== undefined && build.follows === undefined;
}

/** Whose source a build builds. */
export function primaryOf(build: Build): Primary {
  return build.role === 'primary' ? build : build.primary;
}
