import { rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { GitUpdate } from '../../config/project.js';
import { errorCode } from '../../host/error-code.js';
import { shellWord } from '../../text/shell-word.js';
import { outputLines } from '../client.js';
import { listed, proveWhole } from '../proof.js';
import { decodeText } from '../text.js';
import type { BrokenMove, Checkout, Failed, RepairResult, VersionControl } from '../version-control.js';
import { failureText, feedGit, type Looked, nulSeparated, runGit } from './command.js';
import { removeStaleLock } from './stale-lock.js';
import { localChanges } from './status.js';
import {
  absolute,
  foreignPaths,
  isSubmodule,
  key,
  type Sides,
  statOf,
  type Touched,
  touchedBetween,
} from './touched.js';
import { findPlaces, type Places } from './tree-state.js';

type Looks = Pick<VersionControl, 'currentRevision' | 'localChanges'>;

/**
 * Rolls an interrupted checkout back to what HEAD says, or forward if HEAD has got there already: git moves HEAD last.
 *
 * Every path that differs between the two revisions is either ours or a person's. Ours is what a move between them can
 * have left: the file of one side, nothing, or the beginning of a file. It is removed and written anew, since a smudge
 * filter that was killed may have left a file that only looks right to git. A person's stays, and refuses the repair.
 * What differs elsewhere was not ours to begin with.
 *
 * Killed here, it leaves more paths absent or written in part, and the next call goes on from that.
 *
 * @param mode `reset` discards local changes, here as in every update
 */
export async function repairGit(
  looks: Looks,
  mode: GitUpdate['mode'],
  checkout: Checkout,
  broken: BrokenMove,
): Promise<RepairResult> {
  const places = await findPlaces(checkout);
  if (places.kind === 'failed') return places;
  const held = await removeLocks(checkout, places.value, broken.otherHost === undefined);
  if (held !== undefined) return { kind: 'refused', message: held };
  const head = await looks.currentRevision(checkout);
  if (head.kind === 'failed') return head;
  const touched = await touchedPaths(checkout, broken);
  // Where a person has moved the tree elsewhere, the revisions do not bound what can differ from what is checked out.
  const isBounded = head.revision === broken.from || head.revision === broken.to;
  if (touched !== undefined && isBounded) {
    // Paths are those below the top of the work tree, which the source may lie deeper in.
    const top = { ...checkout, source: places.value.top };
    const sides = { from: broken.from, to: broken.to ?? broken.from, gitDirectory: places.value.gitDirectory };
    const restored = await restore(top, sides, touched, mode, broken.local);
    if (restored !== undefined) return restored;
  }
  if (mode === 'reset') {
    const args = ['reset', '--hard', '--quiet', 'HEAD'];
    const result = await runGit(checkout, args);
    if (result.kind !== 'ok') return { kind: 'failed', message: failureText(checkout, args, result) };
  }
  const proved = await proveWhole(looks, checkout, await withUntouched(checkout, broken, touched));
  if (proved.kind !== 'refused') return proved;
  return { kind: 'refused', message: `${proved.message}\n${advice(checkout)}` };
}

/** What the move may have written; undefined where a person has cloned the source anew, without one of the revisions. */
async function touchedPaths(checkout: Checkout, { from, to }: BrokenMove): Promise<readonly Touched[] | undefined> {
  if (to === undefined) return undefined;
  const touched = await touchedBetween(checkout, from, to);
  return touched.kind === 'seen' ? touched.value.filter((one) => !isSubmodule(one)) : undefined;
}

/** Local changes of files that the move does not touch are a person's, whenever they were made. */
async function withUntouched(
  checkout: Checkout,
  broken: BrokenMove,
  touched: readonly Touched[] | undefined,
): Promise<BrokenMove> {
  if (touched === undefined) return broken;
  const modified = await localChanges(checkout);
  if (modified.kind === 'failed') return broken;
  const ours = new Set(touched.map(({ path }) => decodeText(path)));
  return { ...broken, local: [...broken.local, ...modified.modified.filter((path) => !ours.has(path))] };
}

/**
 * Writes the touched paths anew as HEAD has them. What HEAD does not have and is foreign is an untracked file that lay
 * there before: git refuses or (in mode `reset`) overwrites such a file, and here it stays.
 */
async function restore(
  checkout: Checkout,
  sides: Sides,
  touched: readonly Touched[],
  mode: GitUpdate['mode'],
  local: readonly string[],
): Promise<Exclude<RepairResult, { kind: 'whole' }> | undefined> {
  const kept = new Set(mode === 'reset' ? [] : local);
  const candidates = touched.filter(({ path }) => !kept.has(decodeText(path)));
  const foreign = await foreignPaths(checkout, sides, candidates);
  if (foreign.kind === 'failed') return foreign;
  const tracked = await namesInHead(checkout);
  if (tracked.kind === 'failed') return tracked;
  const changed = foreign.value.filter((path) => tracked.value.has(key(path)));
  if (mode !== 'reset' && changed.length > 0) {
    const files = listed(changed.map((path) => decodeText(path)));
    const message = `${files} in ${checkout.source}: the content is neither the old nor the new one, so a person may have changed it since\n${advice(checkout)}`;
    return { kind: 'refused', message };
  }
  const untracked = new Set(foreign.value.map(key).filter((path) => !tracked.value.has(path)));
  const ours = candidates.map(({ path }) => path).filter((path) => !untracked.has(key(path)));
  return rewrite(checkout, ours, tracked.value);
}

/** First what stands there goes, then HEAD's is written: into the index, too, which may be that of the other revision. */
async function rewrite(
  checkout: Checkout,
  paths: readonly Buffer[],
  tracked: ReadonlySet<string>,
): Promise<Failed | undefined> {
  for (const path of paths) removeBelow(checkout.source, path);
  const steps: [string[], readonly Buffer[]][] = [
    [['update-index', '-z', '--force-remove', '--stdin'], paths],
    [
      ['checkout', '--quiet', '--force', '--pathspec-from-file=-', '--pathspec-file-nul', 'HEAD'],
      paths.filter((path) => tracked.has(key(path))),
    ],
  ];
  for (const [args, some] of steps) {
    if (some.length === 0) continue;
    const result = await feedGit(checkout, args, Buffer.concat(some.flatMap((path) => [path, NUL])));
    if (result.kind !== 'ok') return { kind: 'failed', message: failureText(checkout, args, result) };
  }
  return undefined;
}

const NUL = Buffer.alloc(1);

/** The paths that HEAD has, as {@link key}s. */
async function namesInHead(checkout: Checkout): Promise<Looked<ReadonlySet<string>>> {
  const all = await nulSeparated(checkout, ['ls-tree', '-r', '-z', '--name-only', '--full-tree', 'HEAD']);
  return all.kind === 'failed' ? all : { kind: 'seen', value: new Set(all.value.map(key)) };
}

/** Removes a file of the work tree and the directories that it leaves empty; never through a symbolic link. */
function removeBelow(top: string, path: Buffer): void {
  const parts = key(path).split('/');
  const at = (depth: number): Buffer => absolute(top, Buffer.from(parts.slice(0, depth).join('/'), 'latin1'));
  for (let depth = 1; depth < parts.length; depth++) {
    if (!statOf(at(depth))?.isDirectory()) return;
  }
  const stat = statOf(at(parts.length));
  if (stat !== undefined && !stat.isDirectory()) unlinkSync(at(parts.length));
  for (let depth = parts.length; depth > 0; depth--) {
    try {
      rmdirSync(at(depth));
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') return;
    }
  }
}

/** The lock files that a killed checkout may leave: of the index, of HEAD and of the branch that is checked out. */
async function removeLocks(checkout: Checkout, places: Places, ours: boolean): Promise<string | undefined> {
  for (const file of await lockFiles(checkout, places)) {
    const stale = await removeStaleLock(places, file, ours);
    if (stale.kind === 'held') {
      return `${file} exists: ${stale.why}. Once no git process is running in the tree, remove the file`;
    }
  }
  return undefined;
}

async function lockFiles(checkout: Checkout, { gitDirectory, commonDirectory }: Places): Promise<string[]> {
  const own = ['index.lock', 'HEAD.lock', 'ORIG_HEAD.lock'].map((name) => join(gitDirectory, name));
  const shared = ['packed-refs.lock', 'config.lock'].map((name) => join(commonDirectory, name));
  const branch = await runGit(checkout, ['symbolic-ref', '--quiet', 'HEAD']);
  const [name] = branch.kind === 'ok' ? outputLines(branch) : [];
  return [...own, ...shared, ...(name === undefined ? [] : [join(commonDirectory, `${name}.lock`)])];
}

/** Each command on a line of its own, to be copied. */
function advice({ source }: Checkout): string {
  const git = `git -C ${shellWord(source)}`;
  return `Look at it:\n  ${git} status\nCommit what you want to keep, and discard the rest:\n  ${git} checkout HEAD -- FILE\nThe next run of the primary goes on by itself.`;
}
