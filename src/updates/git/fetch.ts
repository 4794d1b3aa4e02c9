import type { GitUpdate } from '../../config/project.js';
import { workTreeOf } from '../../config/work-tree.js';
import { shellWord } from '../../text/shell-word.js';
import { outputLines } from '../client.js';
import { toCopy } from '../proof.js';
import type { Checkout, Failed, Fetched } from '../version-control.js';
import { failureText, NO_COLLECTION, runGit } from './command.js';
import { foreignRepository } from './head.js';
import { isAncestor } from './revisions.js';
import { removeStaleLock } from './stale-lock.js';
import { findPlaces } from './tree-state.js';
import { explainUnborn } from './unborn.js';
import { obstacles } from './under-way.js';

/** What is fetched, and how the tree follows. */
export type GitSource = Pick<GitUpdate, 'remote' | 'branch' | 'mode'>;

/** What a fetch found; a commit is known before anything moves. */
export type FetchedCommit = Fetched & { readonly target: string };

/**
 * Fetches one branch into `refs/remotes/REMOTE/BRANCH` and compares it with what is checked out. Costs two git
 * processes, whether there is news or not.
 *
 * In mode `fast-forward` another branch or a detached HEAD is a failure, since the move would go somewhere unexpected, and so
 * is a shallow clone that lacks the commits between: a local commit would look like an older one of the branch. In mode `reset`
 * whatever is checked out will follow the remote branch.
 *
 * @param asOf only commits up to this time count, by the committers' clocks
 *
 * A process killed here leaves at most unreferenced objects, the remote branch already updated, or a lock file, which
 * the next fetch removes when its git is dead. The tree is never touched.
 */
export async function fetch(update: GitSource, checkout: Checkout, asOf?: Date): Promise<FetchedCommit | Failed> {
  const problem = nameProblem('remote', update.remote) ?? nameProblem('branch', update.branch);
  if (problem !== undefined) return { kind: 'failed', message: problem };
  const foreign = await foreignRepository(checkout);
  if (foreign !== undefined) return foreign;
  const tracking = `refs/remotes/${update.remote}/${update.branch}`;
  const args = [...NO_COLLECTION, 'fetch', '--no-tags', '--no-prune', '--no-recurse-submodules', '--', update.remote];
  args.push(`+refs/heads/${update.branch}:${tracking}`);
  let fetched = await runGit(checkout, args);
  if (fetched.kind === 'failed' && (await removedLockOf(checkout, fetched.stderr))) {
    fetched = await runGit(checkout, args);
  }
  if (fetched.kind !== 'ok') {
    const message = failureText(checkout, args, fetched);
    return { kind: 'failed', message: [message, ...explainStaleReferences(checkout, update, message)].join('\n') };
  }
  const question = ['rev-parse', '--is-shallow-repository', 'HEAD^0', `${tracking}^0`, '--symbolic-full-name', 'HEAD'];
  const answer = await runGit(checkout, question);
  if (answer.kind !== 'ok') {
    const message = (await explainUnborn(checkout, update.branch)) ?? failureText(checkout, question, answer);
    return { kind: 'failed', message };
  }
  const [shallow = '', head = '', target = '', branch = ''] = outputLines(answer);
  if (update.mode === 'fast-forward') {
    if (!(await followsIt(checkout, update, branch))) {
      return { kind: 'failed', message: explainBranch(checkout.source, update, branch) };
    }
    // A shallow clone may lack the commits between.
    const follows = shallow !== 'true' || head === target || (await isAncestor(checkout, head, target));
    if (typeof follows === 'object') return follows;
    if (!follows) return { kind: 'failed', message: explainCutOff(checkout.source) };
  }
  if (asOf === undefined) return { kind: 'fetched', head, target, news: head !== target };
  return asOfThen(update, checkout, head, target, asOf);
}

/** Branches that are no more on the other side may have a name below which, or above which, a new one is. */
function explainStaleReferences({ source }: Checkout, { remote }: GitSource, said: string): string[] {
  if (!/try running\s+'git remote prune /.test(said)) return [];
  const command = `git -C ${shellWord(source)} remote prune ${shellWord(remote)}`;
  return toCopy('To remove the remote-tracking branches that no longer exist on the remote:', [command]);
}

/** Whether git was kept from its work by the lock file of a dead git, which is gone now: it is worth another try. */
async function removedLockOf(checkout: Checkout, said: string): Promise<boolean> {
  const file = /^(?:error|fatal): .*Unable to create '(\/[^'\n]+\.lock)': File exists/m.exec(said)?.[1];
  if (file === undefined) return false;
  const places = await findPlaces(checkout);
  if (places.kind === 'failed' || !file.startsWith(`${places.value.commonDirectory}/`)) return false;
  const removed = (await removeStaleLock(places.value, file, false)).kind !== 'held';
  if (removed) checkout.log?.(`removed ${file}, which a killed git process had left`);
  return removed;
}

/**
 * The newest commit of the branch that is not younger than that time. Going back to it takes mode `reset`; otherwise a
 * tree that has it already stays where it is.
 */
async function asOfThen(
  update: GitSource,
  checkout: Checkout,
  head: string,
  newest: string,
  asOf: Date,
): Promise<FetchedCommit | Failed> {
  // By the first parents: what was merged later was not there then, however old its commits are.
  const args = ['rev-list', '-1', '--first-parent', `--before=${Math.floor(asOf.getTime() / 1000)}`, newest];
  const found = await runGit(checkout, args);
  if (found.kind !== 'ok') return { kind: 'failed', message: failureText(checkout, args, found) };
  const target = outputLines(found)[0] || head; // a branch that began later
  if (target === head) return { kind: 'fetched', head, target, news: false };
  if (update.mode === 'reset') return { kind: 'fetched', head, target, news: true };
  const isOlder = await isAncestor(checkout, target, head);
  if (typeof isOlder === 'object') return isOlder;
  return isOlder ? { kind: 'fetched', head, target: head, news: false } : { kind: 'fetched', head, target, news: true };
}

/** Whether the branch that is checked out is the one to follow, under its name there or as its upstream. */
async function followsIt(checkout: Checkout, { remote, branch }: GitSource, checkedOut: string): Promise<boolean> {
  if (checkedOut === `refs/heads/${branch}`) return true;
  if (!checkedOut.startsWith('refs/heads/')) return false;
  const name = checkedOut.slice('refs/heads/'.length);
  for (const [key, expected] of [
    ['remote', remote],
    ['merge', `refs/heads/${branch}`],
  ]) {
    const result = await runGit(checkout, ['config', '--get', `branch.${name}.${key}`]);
    if (result.kind !== 'ok' || outputLines(result)[0] !== expected) return false;
  }
  return true;
}

/** @param checkedOut the reference that is checked out, which is not the one to follow */
function explainBranch(source: string, { branch }: GitSource, checkedOut: string): string {
  const where = checkedOut === 'HEAD' ? 'has a detached HEAD' : `is on ${checkedOut.replace('refs/heads/', 'branch ')}`;
  const tree = workTreeOf(source, 'git');
  const before = tree === undefined ? [] : obstacles(tree.top, tree.administration);
  return toCopy(`${source} ${where}, but the update follows branch ${branch}. To switch back:`, [
    ...before.flatMap(({ advice }) => advice),
    `git -C ${shellWord(source)} switch ${shellWord(branch)}`,
  ]).join('\n');
}

function explainCutOff(source: string): string {
  return toCopy(
    `${source} is a shallow clone that lacks the commits between what is checked out and what was fetched. To fetch its whole history:`,
    [`git -C ${shellWord(source)} fetch --unshallow`],
  ).join('\n');
}

/** A name that git would take for an option, or could not be part of a reference (git-check-ref-format(1)). */
function nameProblem(what: string, name: string): string | undefined {
  const wrong =
    name === '' ||
    /^[-/]|[/.]$|\/\/|(^|\/)\.|\.lock(\/|$)|\.\.|@\{|^@$/.test(name) ||
    /[\0-\x20\x7f~^:?*[\\]/.test(name);
  return wrong ? `update.${what} ${JSON.stringify(name)} is not a name git can use` : undefined;
}
