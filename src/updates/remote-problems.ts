import { statSync } from 'node:fs';
import { type Problem, pathText } from '../config/problem.js';
import type { Project } from '../config/project.js';
import { withoutSecrets } from '../secrets/environment.js';
import { remoteHead } from './remote-head.js';

/** How long a repository may take to answer a question; a fetch may take longer. */
export const PATIENCE_MS = 20_000;

/**
 * Asks the repositories that the primaries are updated from, all at once, whether they answer and have what is followed. Nothing is
 * fetched or changed. Of CVS, and where a command of the project's own updates the source, nothing is asked.
 */
export async function remoteProblems(
  { file, builds, secretVariables }: Project,
  patienceMs = PATIENCE_MS,
): Promise<Problem[]> {
  const environment = withoutSecrets(process.env, secretVariables);
  const asked = [...builds.values()].map(async (build): Promise<Problem[]> => {
    if (
      build.role !== 'primary' ||
      build.update === undefined ||
      !statSync(build.source, { throwIfNoEntry: false })?.isDirectory()
    )
      return [];
    const answer = await remoteHead(build, build.update, { environment, timeoutMs: patienceMs });
    if (answer.kind !== 'silent') return [];
    return [{ file, path: pathText(['builds', build.name]), message: answer.message }];
  });
  return (await Promise.all(asked)).flat();
}
