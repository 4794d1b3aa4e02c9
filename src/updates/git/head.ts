import { real, workTreeOf } from '../../config/work-tree.js';
import type { Checkout, Failed, RevisionResult } from '../version-control.js';
import { failureText, runGit } from './command.js';
import { headOf } from './tree-state.js';

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
export async function foreignRepository(checkout: Checkout): Promise<Failed | undefined> {
  const { source } = checkout;
  const top = workTreeOf(source, 'git')?.top;
  if (top === real(source)) return undefined;
  const args = ['rev-parse', '--verify', '--quiet', 'HEAD:./'];
  const result = await runGit(checkout, args);
  if (result.kind === 'ok') return undefined;
  if (result.kind !== 'failed' || result.code !== 1) {
    return { kind: 'failed', message: failureText(checkout, args, result) };
  }
  const message = `${source} has no .git of its own and is not a directory in the commit that is checked out in ${top ?? 'the repository above it'}`;
  return { kind: 'failed', message };
}
