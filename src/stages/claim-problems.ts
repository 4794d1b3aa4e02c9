import { type Problem, pathText } from '../config/problem.js';
import type { Project } from '../config/project.js';
import type { Host } from '../host/host.js';
import { explainClaim } from './claim-messages.js';
import { lookAtClaim } from './source-claim.js';

/** The primaries whose source another one has claimed: the configuration is right, but not beside that of the other one. */
export function claimProblems({ file, builds }: Project, host: Pick<Host, 'name'>): Problem[] {
  return [...builds.values()].flatMap((build) => {
    const refusal = build.role === 'primary' ? lookAtClaim(build, { host, configFile: file }) : undefined;
    if (refusal === undefined) return [];
    const lines = explainClaim(build, refusal).map((line) => line.trim());
    return [{ file, path: pathText(['builds', build.name]), message: lines.join(' ') }];
  });
}
