import { lstatSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { real, workTreeOf } from '../../config/work-tree.js';
import { errorCode } from '../../host/error-code.js';
import { shellWord } from '../../text/shell-word.js';
import { outputLines } from '../client.js';
import { toCopy, withCommands } from '../proof.js';
import type { Checkout } from '../version-control.js';
import { failureText, type Looked, nulSeparated, runGit } from './command.js';
import { type Status, statusAt, statusOf } from './status.js';

/** Where a checkout and its repository lie. */
export interface Places {
  /** Absolute path of the top of the work tree. */
  readonly top: string;
  /** The file with which git processes exclude each other; a killed one leaves it behind. */
  readonly indexLock: string;
  /** Absolute path of what git keeps for this work tree, and of what it keeps for all work trees of the repository. */
  readonly gitDirectory: string;
  readonly commonDirectory: string;
}

/** All of a checkout that a move from one revision to another can touch. Two equal states: nothing was touched. */
export interface TreeState {
  readonly status: Status;
  /** Of every path the move may write: what lstat(2) says, which tells a rewritten file even if git calls it the same. */
  readonly stamps: readonly string[];
}

/** What a move writes: the paths that differ between its revisions, or also each other file that has local changes. */
export type Touches = 'these' | 'changed-ones-too';

/** Finds the work tree and the index lock of a checkout. */
export async function findPlaces(checkout: Checkout): Promise<Looked<Places>> {
  const args = ['rev-parse', '--show-toplevel', '--absolute-git-dir', '--git-common-dir'];
  const result = await runGit(checkout, args);
  if (result.kind !== 'ok') {
    const message = failureText(checkout, args, result);
    return { kind: 'failed', message: [message, ...explainBare(checkout, message)].join('\n') };
  }
  const [top, gitDirectory, common, ...more] = outputLines(result);
  if (!top || !gitDirectory || !common || more.length > 0) {
    return { kind: 'failed', message: `${checkout.source}: cannot find the work tree and its .git directory` };
  }
  const here = workTreeOf(checkout.source, 'git')?.top;
  if (here !== undefined && here !== real(top)) return { kind: 'failed', message: explainElsewhere(here, top) };
  const commonDirectory = resolve(checkout.source, common);
  return { kind: 'seen', value: { top, indexLock: join(gitDirectory, 'index.lock'), gitDirectory, commonDirectory } };
}

/** A setting that other tools leave behind, and by which git takes a repository for one without files. */
function explainBare({ source }: Checkout, said: string): string[] {
  if (!said.includes('must be run in a work tree') || workTreeOf(source, 'git') === undefined) return [];
  const command = `git -C ${shellWord(source)} config core.bare false`;
  return toCopy('git takes this repository for a bare one (core.bare). To tell git that it has a work tree:', [
    command,
  ]);
}

/** git then says of other files that they are what is checked out, and writes those. */
function explainElsewhere(here: string, top: string): string {
  const message = `git works on ${top} instead of ${here}, because core.worktree is set. To unset it:`;
  return withCommands(message, [`git -C ${shellWord(here)} config --unset-all core.worktree`]);
}

/** The paths that differ between two revisions, as bytes, relative to the top of the work tree. */
export function pathsBetween(checkout: Checkout, from: string, to: string): Promise<Looked<Buffer[]>> {
  const options = ['-r', '-z', '--name-only', '--no-renames', '--no-ext-diff', '--no-relative'];
  return nulSeparated(checkout, ['diff-tree', ...options, from, to, '--']);
}

/** The commit that is checked out. */
export async function headOf(checkout: Checkout): Promise<Looked<string>> {
  const args = ['rev-parse', '--verify', 'HEAD^0'];
  const head = await runGit(checkout, args);
  if (head.kind !== 'ok') return { kind: 'failed', message: failureText(checkout, args, head) };
  return { kind: 'seen', value: outputLines(head)[0] ?? '' };
}

/**
 * Looks at what a move can touch of a checkout, without touching it.
 *
 * @param paths those that differ between its two revisions (`pathsBetween`), untracked and ignored ones included
 */
export async function lookAtTree(
  checkout: Checkout,
  top: string,
  paths: readonly Buffer[],
  touches: Touches,
): Promise<Looked<TreeState>> {
  const whole = { ...checkout, source: top };
  const status = await (touches === 'these' ? statusAt(whole, paths) : statusOf(whole, 'configured'));
  if (status.kind === 'failed') return status;
  const { modified, unmerged } = status.value;
  const written = [...modified, ...unmerged, ...paths];
  const stamps = written.map((path) => stamp(Buffer.concat([Buffer.from(`${top}/`), path])));
  return { kind: 'seen', value: { status: status.value, stamps } };
}

/** Whether nothing happened between two looks at the same paths. */
export function sameTree(before: TreeState, after: TreeState): boolean {
  return isDeepStrictEqual(before, after);
}

function stamp(path: Buffer): string {
  try {
    const stat = lstatSync(path, { bigint: true });
    // A directory (a submodule, say) changes its times with everything that is put into it.
    if (stat.isDirectory()) return `directory ${stat.ino}`;
    return `${stat.mode} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
  } catch (error) {
    const code = errorCode(error) ?? '';
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'absent' : `unreadable: ${code}`;
  }
}
