import { shellWord } from '../../text/shell-word.js';
import { outputLines } from '../client.js';
import { withCommands } from '../proof.js';
import type { Checkout } from '../version-control.js';
import { runGit } from './command.js';

/**
 * What to tell a person of a branch that they have begun without a commit (`git checkout --orphan`): nothing is checked out then, and
 * no command of git's that goes by what is checked out works.
 *
 * @param branch the one that the update follows
 * @returns undefined when something is checked out, or there is no such branch to go back to
 */
export async function explainUnborn(checkout: Checkout, branch: string): Promise<string | undefined> {
  const followed = `refs/heads/${branch}`;
  const [named, head, there] = await Promise.all([
    runGit(checkout, ['symbolic-ref', '--quiet', 'HEAD']),
    runGit(checkout, ['rev-parse', '--verify', '--quiet', 'HEAD']),
    runGit(checkout, ['rev-parse', '--verify', '--quiet', followed]),
  ]);
  if (named.kind !== 'ok' || head.kind !== 'failed' || head.code !== 1 || there.kind !== 'ok') return undefined;
  const begun = (outputLines(named)[0] ?? '').replace('refs/heads/', '');
  const { source } = checkout;
  const message = `${source} is on branch ${begun}, which has no commit yet, but the update follows branch ${branch}. To switch back, with all files as they are:`;
  return withCommands(message, [`git -C ${shellWord(source)} symbolic-ref HEAD ${shellWord(followed)}`]);
}
