import type { Build, Primary } from '../config/project.js';

/** Whose source a build builds. */
export function primaryOf(build: Build): Primary {
  return build.role === 'primary' ? build : build.primary;
}
