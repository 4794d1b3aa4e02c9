import { errorText } from '../../text/error-text.js';
import type { ChangesResult, Checkout } from '../version-control.js';
import { failureText, runGit } from './command.js';
import { LOG_FORMAT, logReader } from './log.js';
import { isRevision } from './revisions.js';

/**
 * Every commit that is reachable from `revision` and not from `prior`, each once, parents before their children. Merges
 * have no files of their own, as in CTest's reports.
 *
 * When `prior` does not exist any more (the branch was rewritten and the old commits were garbage-collected, or the
 * clone was made anew), it is unknown what lies between: the answer is then the new revision's own commit and
 * `complete: false`.
 *
 * Touches nothing. Paths are relative to the top of the work tree.
 */
export async function changesBetween(checkout: Checkout, prior: string, revision: string): Promise<ChangesResult> {
  for (const name of [prior, revision]) {
    if (!isRevision(name)) return { kind: 'failed', message: `not a revision: ${JSON.stringify(name)}` };
  }
  if (prior === revision) return { kind: 'changes', changes: [], complete: true };
  const all = await readLog(checkout, [revision, `^${prior}`], true);
  if (all.kind === 'changes') return all;
  const exists = await runGit(checkout, ['cat-file', '-e', `${prior}^{commit}`]);
  // Only git's own no: had it been ended or not been found, nothing would be known of the commit.
  if (exists.kind !== 'failed' || exists.signal !== null) return all;
  return readLog(checkout, ['-1', revision], false);
}

async function readLog(checkout: Checkout, revisions: readonly string[], complete: boolean): Promise<ChangesResult> {
  const reader = logReader();
  // Everything that a user's configuration could change in the output is said here.
  const args = ['-c', 'log.showRoot=true', '-c', 'log.showSignature=false', '-c', 'log.follow=false'];
  args.push('log', '-z', '--reverse', '--topo-order', '--name-status', '-M', '--no-color', '--no-notes');
  args.push('--no-ext-diff', '--ignore-submodules=none', '--no-relative', '--encoding=UTF-8', LOG_FORMAT);
  args.push(...revisions, '--');
  let unreadable: unknown;
  const result = await runGit(checkout, args, (chunk) => {
    try {
      if (unreadable === undefined) reader.push(chunk);
    } catch (error) {
      unreadable = error;
    }
  });
  if (result.kind !== 'ok') return { kind: 'failed', message: failureText(checkout, args, result) };
  try {
    if (unreadable !== undefined) throw unreadable;
    return { kind: 'changes', changes: reader.end(), complete };
  } catch (error) {
    return { kind: 'failed', message: `${checkout.source}: ${errorText(error)}` };
  }
}
