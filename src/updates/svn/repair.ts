import { listed } from '../proof.js';
import type { BrokenMove, Checkout, RepairResult, VersionControl } from '../version-control.js';
import { partsOf } from './externals.js';
import { releaseLocks } from './locks.js';
import { obstacleTo } from './obstacle.js';
import { statusOf } from './status.js';
import { updateTo } from './update.js';
import { faultOf, isChanged } from './whole.js';

/**
 * Completes a `svn update` that broke off. svn notes in its database what it is about to do to a file before it does it,
 * so after `svn cleanup` every file that differs from what svn knows was changed by a person; what is missing then comes
 * with the update. Killed anywhere in here, the next call begins anew.
 *
 * In mode `fast-forward` a file that was changed since the update began refuses it, before anything of the tree moves.
 */
export async function repair(
  mode: 'fast-forward' | 'reset',
  currentRevision: VersionControl['currentRevision'],
  checkout: Checkout,
  { from, to: wanted = from, local, otherHost }: BrokenMove,
): Promise<RepairResult> {
  const to = partsOf(wanted).number;
  const left = await statusOf(checkout, [], 'with-externals');
  if (left.kind === 'failed') return left;
  const released = await releaseLocks(checkout, left, otherHost);
  if (released.kind !== 'released') return released;
  const status = await statusOf(checkout, ['-v']);
  if (status.kind === 'failed') return status;
  if (mode === 'fast-forward') {
    const known = new Set(local);
    const changed = status.entries
      .filter((entry) => isChanged(entry) && !known.has(entry.path))
      .map(({ path }) => path);
    if (changed.length > 0) return refused(checkout, to, `local changes since the update began: ${listed(changed)}`);
    const obstacle = await obstacleTo(checkout, status, to);
    if (obstacle !== undefined) return { kind: 'refused', message: obstacle };
  }
  const updated = await updateTo(mode, checkout, to);
  if (updated.kind === 'failed') return updated;
  const after = await statusOf(checkout, ['-v'], 'with-externals');
  if (after.kind === 'failed') return after;
  const switched = after.entries.filter((entry) => entry.switched && !entry.external).map(({ path }) => path);
  const fault =
    switched.length > 0 ? `paths that are switched elsewhere: ${listed(switched)}` : faultOf(after, to, local);
  if (fault !== undefined) return refused(checkout, to, fault);
  const now = await currentRevision(checkout);
  return now.kind === 'failed' ? now : { kind: 'whole', revision: now.revision };
}

function refused({ source }: Checkout, revision: string, fault: string): RepairResult {
  const advice = `Commit, resolve or svn revert them; the next run then completes the update to ${revision}.`;
  return { kind: 'refused', message: `${source} has ${fault}\n${advice}` };
}
