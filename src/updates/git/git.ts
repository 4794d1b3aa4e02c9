import { existsSync } from 'node:fs';
import type { GitUpdate } from '../../config/project.js';
import { real, workTreeOf } from '../../config/work-tree.js';
import { errorText } from '../../text/error-text.js';
import { shellWord } from '../../text/shell-word.js';
import { endedByItself, neverStarted, outputLines } from '../client.js';
import { toCopy } from '../proof.js';
import { commandText, type ToolResult } from '../tool.js';
import type {
  Begin,
  ChangesResult,
  Checkout,
  Failed,
  Fetched,
  MoveResult,
  RevisionResult,
  VersionControl,
} from '../version-control.js';
import { failureText, runGit } from './command.js';
import { LOG_FORMAT, logReader } from './log.js';
import { signOfWorkTree } from './sign.js';
import { removeStaleLock } from './stale-lock.js';
import { localChanges, localIn } from './status.js';
import { findPlaces, headOf, lookAtTree, type Places, pathsBetween, sameTree, type TreeState } from './tree-state.js';
import { explainUnborn } from './unborn.js';
import { giveUp, obstacles } from './under-way.js';

/** What is fetched, and how the tree follows. */
export type GitSource = Pick<GitUpdate, 'remote' | 'branch' | 'mode'>;

/** What a fetch found; a commit is known before anything moves. */
export type FetchedCommit = Fetched & { readonly target: string };

/** git, following one branch of a remote. */
export function git(source: GitSource): VersionControl {
  return {
    type: 'git',
    command: updateCommand(source),
    currentRevision,
    fetch: (checkout, asOf) => fetch(source, checkout, asOf),
    move: (checkout, { head, target = head }, begin) => moveTo(source, checkout, { head, target }, begin),
    async repair(checkout, broken) {
      // Rarely needed, and not loaded by a run that has nothing to repair.
      const { repairGit } = await import('./repair.js');
      return repairGit({ currentRevision, localChanges }, source.mode, checkout, broken);
    },
    changesBetween,
    // Not loaded by a run that has nothing to look at.
    proveTree: async (checkout, revision) =>
      (await import('./prove.js')).proveWorkTree(source.mode, checkout, revision),
    signOf: signOfWorkTree,
    localChanges,
    tidy,
  };
}

/** Garbage collection may take minutes; a time limit must not fall into it while the tree moves. See `tidy`. */
const NO_COLLECTION = ['-c', 'gc.auto=0', '-c', 'maintenance.auto=false'];

/** The command that brings news, as reports name it. */
export function updateCommand(update: GitSource): string {
  return commandText(['git', 'fetch', update.remote, update.branch]);
}

/** The commit that is checked out. Costs one process; touches nothing. */
export async function currentRevision(checkout: Checkout): Promise<RevisionResult> {
  const head = await headOf(checkout);
  if (head.kind === 'failed') return head;
  const foreign = await foreignRepository(checkout);
  if (foreign !== undefined) return foreign;
  return { kind: 'revision', revision: head.value };
}

/**
 * Where the `.git` of a source is gone or broken, git goes on looking above it, and would update whatever repository it finds
 * there. That one is the source's only if its commit has the directory. Costs nothing where the `.git` is in the source.
 */
async function foreignRepository(checkout: Checkout): Promise<Failed | undefined> {
  const { source } = checkout;
  const top = workTreeOf(source, 'git')?.top;
  if (top === real(source)) return undefined;
  const args = ['rev-parse', '--verify', '--quiet', 'HEAD:./'];
  const result = await runGit(checkout, args);
  if (result.kind === 'ok') return undefined;
  if (result.kind !== 'failed' || result.code !== 1) {
    return { kind: 'failed', message: failureText(checkout, args, result) };
  }
  const message = `${source} has no .git of its own, and is no directory of the commit that is checked out in ${top ?? 'the repository above it'}`;
  return { kind: 'failed', message };
}

/**
 * Fetches one branch into `refs/remotes/REMOTE/BRANCH` and compares it with what is checked out. Costs two git
 * processes, whether there is news or not.
 *
 * In mode `fast-forward` another branch or a detached HEAD is a failure, since the move would go somewhere nobody expects, and so
 * is a shallow clone that lacks the commits between: a local commit would look like an older one of the branch. In mode `reset`
 * whatever is checked out will follow the remote branch.
 *
 * @param asOf only commits up to this time count, by the committers' clocks
 *
 * A process killed in here leaves at most unreferenced objects, the remote branch already updated, or a lock file, which
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
  if (fetched.kind !== 'ok') return { kind: 'failed', message: failureText(checkout, args, fetched) };
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

/** Whether git was kept from its work by the lock file of a dead git, which is gone now: it is worth another try. */
async function removedLockOf(checkout: Checkout, said: string): Promise<boolean> {
  const file = /^(?:error|fatal): .*Unable to create '(\/[^'\n]+\.lock)': File exists/m.exec(said)?.[1];
  if (file === undefined) return false;
  const places = await findPlaces(checkout);
  if (places.kind === 'failed' || !file.startsWith(`${places.value.commonDirectory}/`)) return false;
  const removed = (await removeStaleLock(places.value, file, false)).kind !== 'held';
  if (removed) checkout.log?.(`removed ${file}, which a git has left that was killed`);
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

/**
 * Moves the tree from `head` to `target`.
 *
 * - `fast-forward` never discards anything: local commits, or local changes to a file that the update touches, refuse it.
 * - `reset` discards local commits and all local changes of tracked files. Untracked files stay, except where the new
 *   revision has a file of the same name: that one replaces them.
 *
 * Whether a move that failed is `refused` or `broken` is decided by comparing the tree before and after, never by what
 * git said. One that had to be ended (time limit, abort, a signal) is `broken` without looking: what it was doing, and
 * whether all of it is over, cannot be known.
 *
 * A process killed in here leaves the git process running to its end, and the tree at `head`, at `target` or between
 * them; the `update` lock that its caller holds is what says so.
 */
export async function moveTo(
  update: GitSource,
  checkout: Checkout,
  { head, target }: { readonly head: string; readonly target: string },
  begin?: Begin,
): Promise<MoveResult> {
  for (const revision of [head, target]) {
    if (!isRevision(revision)) return { kind: 'refused', message: `not a revision: ${JSON.stringify(revision)}` };
  }
  const found = await findPlaces(checkout);
  if (found.kind === 'failed') return { kind: 'refused', message: found.message };
  const { top, indexLock } = found.value;
  const paths = await pathsBetween(checkout, head, target);
  if (paths.kind === 'failed') return { kind: 'refused', message: paths.message };
  const before = await lookAtTree(checkout, top, paths.value);
  if (before.kind === 'failed') return { kind: 'refused', message: before.message };
  if (before.value.status.head !== head) {
    return {
      kind: 'refused',
      message: `${checkout.source} was moved by another process, to ${before.value.status.head}`,
    };
  }
  begin?.(localIn(before.value.status));
  if ((await removeStaleLock(found.value, indexLock, false)).kind === 'held') {
    return { kind: 'refused', message: indexLockText(indexLock) };
  }
  const args = moveCommand(update.mode, target);
  const result = await runGit(checkout, args);
  return judgeMove(checkout, args, result, target, { places: found.value, paths: paths.value, before: before.value });
}

/**
 * Every commit that is reachable from `revision` and not from `prior`, each once, parents before their children. Merges
 * have no files of their own, as in CTest's reports.
 *
 * When `prior` does not exist any more (the branch was rewritten and the old commits were garbage-collected, or the
 * clone was made anew), nobody can say what lies between: the answer is then the new revision's own commit and
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

/**
 * Lets git collect garbage if it thinks it is time, in the foreground. Fetching and moving do not, so that neither is
 * held up; call this when no lock is held any more. Builds may read the repository meanwhile. A failure is only logged:
 * nothing depends on it, and a process killed in here costs disk space at most.
 */
export async function tidy(checkout: Checkout): Promise<void> {
  await runGit(checkout, ['-c', 'gc.autoDetach=false', 'gc', '--auto', '--quiet']);
}

function moveCommand(mode: GitUpdate['mode'], target: string): string[] {
  if (mode === 'reset') return [...NO_COLLECTION, 'reset', '--hard', target];
  // A user's merge.autoStash or mergeoptions would make something else of it.
  const merge = ['merge', '--no-squash', '--commit', '--no-stat', '--ff-only', target];
  return [...NO_COLLECTION, '-c', 'merge.autoStash=false', ...merge];
}

/** git takes the file as it is in the repository then, and exits with 0. */
const FAILED_FILTER = /^error: external filter '.*' failed/m;

interface Beforehand {
  readonly places: Places;
  readonly paths: readonly Buffer[];
  readonly before: TreeState;
}

async function judgeMove(
  checkout: Checkout,
  args: readonly string[],
  result: ToolResult,
  target: string,
  { places, paths, before }: Beforehand,
): Promise<MoveResult> {
  if (result.kind !== 'ok' && neverStarted(result)) {
    return { kind: 'refused', message: failureText(checkout, args, result) };
  }
  if (result.kind !== 'ok' && !endedByItself(result)) return broken(failureText(checkout, args, result));
  if (existsSync(places.indexLock)) return broken(indexLockText(places.indexLock));
  const head = await headOf(checkout);
  if (head.kind === 'failed') return broken(head.message);
  if (result.kind === 'ok' && FAILED_FILTER.test(result.stderr)) {
    return broken(`a filter died, and git wrote what it had not filtered:\n${result.stderr.trim()}`);
  }
  // Whether all of the tree has followed its head is for the proof to say.
  if (result.kind === 'ok' && head.value === target) return { kind: 'moved' };
  const after = await lookAtTree(checkout, places.top, paths);
  if (after.kind === 'failed') return broken(after.message);
  const said =
    result.kind === 'ok'
      ? `${checkout.source} stays at ${after.value.status.head}, because it has commits that ${target} does not have`
      : failureText(checkout, args, result);
  if (!sameTree(before, after.value)) return broken(said);
  const stays = result.kind === 'ok' || (await isAncestor(checkout, before.status.head, target)) === false;
  const remedy = await remedyFor(checkout, places, stays ? target : undefined);
  return { kind: 'refused', message: [said, '(the source tree was not touched)', ...remedy].join('\n') };
}

/** What a person does so that git moves the tree again. @param target where local commits keep it from going, if they do */
async function remedyFor(checkout: Checkout, { top, gitDirectory }: Places, target?: string): Promise<string[]> {
  const faults = obstacles(top, gitDirectory);
  const paths = faults.length === 0 ? await localChanges(checkout) : undefined;
  const unmerged = paths?.kind === 'local' ? paths.conflicting : [];
  const commands = [
    ...faults.flatMap(({ advice }) => advice),
    ...(unmerged.length === 0 ? [] : [giveUp(top, unmerged)]),
  ];
  return [
    ...faults.map(({ what }) => what),
    ...toCopy('To give up what has begun there:', commands),
    ...(target === undefined ? [] : [explainDiverged(checkout.source, target)]),
  ];
}

/** The branch was rewritten, or a person has committed here. */
function explainDiverged(source: string, target: string): string {
  const git = `git -C ${shellWord(source)}`;
  return toCopy(
    'The checkout has commits that the branch does not have (any more). To see them, and to give them up:',
    [`${git} log ${target}..HEAD`, `${git} reset --hard ${target}`],
  ).join('\n');
}

function broken(message: string): MoveResult {
  return { kind: 'broken', message };
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

/** Whether the one commit is the other one or comes before it, as far as this clone has what is between. */
async function isAncestor(checkout: Checkout, earlier: string, later: string): Promise<boolean | Failed> {
  const question = ['merge-base', '--is-ancestor', earlier, later];
  const answer = await runGit(checkout, question);
  if (answer.kind === 'ok') return true;
  if (answer.kind === 'failed' && answer.code === 1) return false;
  return { kind: 'failed', message: failureText(checkout, question, answer) };
}

function explainCutOff(source: string): string {
  return toCopy(
    `${source} is a shallow clone without the commits between what is checked out and what was fetched. To make it whole:`,
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

function isRevision(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

function indexLockText(file: string): string {
  return `${file} exists: another git process works in the tree, or was killed there; if none runs, look at git status and remove the file`;
}
