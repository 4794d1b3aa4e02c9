import { statSync } from 'node:fs';
import { type Problem, pathText } from '../config/problem.js';
import type { Primary, Project, UpdateSource } from '../config/project.js';
import { withoutSecrets } from '../secrets/environment.js';
import { runGit } from './git/command.js';
import { runHg } from './hg/command.js';
import { runSvn } from './svn/command.js';
import type { ToolResult } from './tool.js';
import type { Checkout } from './version-control.js';

/** How long a repository may take to answer a question; a fetch may take longer. */
const PATIENCE_MS = 20_000;

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
    const message = await silenceOf(build, build.update, { environment, timeoutMs: patienceMs });
    return message === undefined ? [] : [{ file, path: pathText(['builds', build.name]), message }];
  });
  return (await Promise.all(asked)).flat();
}

/** Why a repository cannot be updated from; undefined when it can. */
async function silenceOf(
  { name, source }: Primary,
  update: UpdateSource,
  patience: Pick<Checkout, 'environment' | 'timeoutMs'>,
): Promise<string | undefined> {
  if (update.command !== undefined || update.versionOnly === true) return undefined;
  const { client } = update;
  const checkout: Checkout = { source, graceMs: 1000, ...patience, ...(client !== undefined && { client }) };
  switch (update.type) {
    case 'git': {
      const { remote, branch } = update;
      const answer = await runGit(checkout, ['ls-remote', '--exit-code', '--heads', remote, `refs/heads/${branch}`]);
      if (answer.kind === 'failed' && answer.code === 2)
        return `${name} follows the branch ${branch}, which ${remote} does not have`;
      return unanswered(`${name} cannot be updated: the remote ${remote} of ${source}`, answer);
    }
    case 'svn':
      return unanswered(
        `${name} cannot be updated: the repository of ${source}`,
        await runSvn(checkout, ['info', '--show-item', 'revision', '-r', 'HEAD']),
      );
    case 'hg':
      return unanswered(
        `${name} cannot be updated: the branch ${update.branch} in the default path of ${source}`,
        await runHg(checkout, ['identify', '--id', '--rev', update.branch, 'default']),
      );
    case 'cvs':
      return undefined;
  }
}

function unanswered(what: string, answer: ToolResult): string | undefined {
  switch (answer.kind) {
    case 'ok':
    case 'aborted':
      return undefined;
    case 'not-found':
      return `${what}: ${answer.message}`;
    case 'timed-out':
      return `${what} did not answer within ${answer.afterMs / 1000} s; to leave this out: check --offline`;
    case 'failed': {
      const said = answer.stderr
        .trim()
        .split('\n')
        .filter((line) => line.trim() !== '')
        .slice(0, 3)
        .join(' ');
      return `${what} does not answer: ${said === '' ? `exit code ${answer.code}` : said}`;
    }
  }
}
