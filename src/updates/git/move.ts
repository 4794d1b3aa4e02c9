import { existsSync } from 'node:fs';
import { shellWord } from '../../text/shell-word.js';
import { endedByItself, neverStarted } from '../client.js';
import { toCopy } from '../proof.js';
import type { ToolResult } from '../tool.js';
import type { Begin, Checkout, MoveResult } from '../version-control.js';
import { failureText, NO_COLLECTION, runGit } from './command.js';
import type { GitSource } from './fetch.js';
import { asidesFor } from './in-the-way.js';
import { isAncestor, isRevision } from './revisions.js';
import { removeStaleLock } from './stale-lock.js';
import { localChanges, localIn } from './status.js';
import {
  findPlaces,
  headOf,
  lookAtTree,
  type Places,
  pathsBetween,
  sameTree,
  type Touches,
  type TreeState,
} from './tree-state.js';
import { giveUp, obstacles } from './under-way.js';

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
 * A process killed here leaves the git process running to its end, and the tree at `head`, at `target` or between
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
  const [found, paths] = await Promise.all([findPlaces(checkout), pathsBetween(checkout, head, target)]);
  if (found.kind === 'failed') return { kind: 'refused', message: found.message };
  const { top, indexLock } = found.value;
  if (paths.kind === 'failed') return { kind: 'refused', message: paths.message };
  const touches = touchedBy(update.mode);
  const before = await lookAtTree(checkout, top, paths.value, touches);
  if (before.kind === 'failed') return { kind: 'refused', message: before.message };
  if (before.value.status.head !== head) {
    return {
      kind: 'refused',
      message: `another process has moved ${checkout.source} to ${before.value.status.head}`,
    };
  }
  begin?.(localIn(before.value.status));
  if ((await removeStaleLock(found.value, indexLock, false)).kind === 'held') {
    return { kind: 'refused', message: indexLockText(indexLock) };
  }
  const args = moveCommand(update.mode, target);
  const result = await runGit(checkout, args);
  const beforehand = { places: found.value, paths: paths.value, before: before.value, touches };
  return judgeMove(checkout, args, result, target, beforehand);
}

/**
 * A fast-forward refuses where a file that it would write has local changes, and leaves all others alone. So what a person has
 * changed elsewhere needs no look before it: a repair finds it afterwards as what the move cannot have changed.
 */
function touchedBy(mode: GitSource['mode']): Touches {
  return mode === 'reset' ? 'changed-ones-too' : 'these';
}

function moveCommand(mode: GitSource['mode'], target: string): string[] {
  if (mode === 'reset') return [...NO_COLLECTION, 'reset', '--hard', target];
  // A user's merge.autoStash or mergeoptions would make something else of it.
  const merge = ['merge', '--no-squash', '--commit', '--no-stat', '--no-overwrite-ignore', '--ff-only', target];
  return [...NO_COLLECTION, '-c', 'merge.autoStash=false', ...merge];
}

/** git takes the file as it is in the repository then, and exits with 0. */
const FAILED_FILTER = /^error: external filter '.*' failed/m;

interface Beforehand {
  readonly places: Places;
  readonly paths: readonly Buffer[];
  readonly before: TreeState;
  readonly touches: Touches;
}

async function judgeMove(
  checkout: Checkout,
  args: readonly string[],
  result: ToolResult,
  target: string,
  { places, paths, before, touches }: Beforehand,
): Promise<MoveResult> {
  if (result.kind !== 'ok' && neverStarted(result)) {
    return { kind: 'refused', message: failureText(checkout, args, result) };
  }
  if (result.kind !== 'ok' && !endedByItself(result)) return broken(failureText(checkout, args, result));
  if (existsSync(places.indexLock)) return broken(indexLockText(places.indexLock));
  const head = await headOf(checkout);
  if (head.kind === 'failed') return broken(head.message);
  if (result.kind === 'ok' && FAILED_FILTER.test(result.stderr)) {
    return broken(`a git filter failed, and git wrote files that were not filtered:\n${result.stderr.trim()}`);
  }
  // Whether all of the tree has followed its head is for the proof to say.
  if (result.kind === 'ok' && head.value === target) return { kind: 'moved' };
  const after = await lookAtTree(checkout, places.top, paths, touches);
  if (after.kind === 'failed') return broken(after.message);
  const said =
    result.kind === 'ok'
      ? `${checkout.source} stays at ${after.value.status.head}, because it has commits that ${target} does not have`
      : failureText(checkout, args, result);
  if (!sameTree(before, after.value)) return broken(said);
  const stays = result.kind === 'ok' || (await isAncestor(checkout, before.status.head, target)) === false;
  const remedy = await remedyFor(checkout, places, stays ? target : undefined);
  if (remedy.length === 0) remedy.push(...(await asidesFor(checkout, places.top, target, paths, before.status)));
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
    'The checkout has commits that the branch does not have, or no longer has. To list them, and then to discard them and all uncommitted changes:',
    [`${git} log ${target}..HEAD`, `${git} reset --hard ${target}`],
  ).join('\n');
}

function broken(message: string): MoveResult {
  return { kind: 'broken', message };
}

function indexLockText(file: string): string {
  return `${file} exists: another git process works in the tree, or was killed there; if none runs, look at git status and remove the file`;
}
