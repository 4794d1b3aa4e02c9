import { isDeepStrictEqual } from 'node:util';
import { filesystemOf } from '../../locks/index.js';
import { endedByItself, neverStarted } from '../client.js';
import { explainFaults } from '../proof.js';
import type { Checkout, Fetched, MoveResult } from '../version-control.js';
import { faultsOf, lasting } from './faults.js';
import { obstacleTo } from './obstacle.js';
import { prepare } from './prepare.js';
import { lookAt, type Manner } from './prove.js';
import { partsOf, revisionOf } from './revision.js';
import { treeOf } from './tree.js';
import { updateTo } from './update.js';

/**
 * `svn update` to the target. In mode `fast-forward` local changes to a file that the update touches refuse it, so that
 * no conflict gets into the tree; in mode `reset` they are reverted. That the tree is the target is for a proof to say.
 */
export async function move(manner: Manner, checkout: Checkout, fetched: Fetched): Promise<MoveResult> {
  const target = partsOf(fetched.target ?? fetched.head).number;
  // The svn that has left a lock may be one of another host.
  const isShared = filesystemOf(checkout.source).reach === 'network';
  const prepared = await prepare(manner, checkout, isShared ? 'another host' : undefined);
  if (prepared.kind === 'refused') return untouched(prepared.message);
  if (prepared.kind === 'failed') return { kind: 'broken', message: prepared.message };
  const { tree, status } = prepared.look;
  if (manner.mode === 'fast-forward') {
    const obstacle = await obstacleTo(checkout, tree, status, target);
    if (obstacle !== undefined) return untouched(obstacle);
  }
  const updated = await updateTo(manner.mode, checkout, prepared.look, target);
  if (updated.kind === 'updated') {
    // Externals go to what is newest now, which cannot be known before.
    const now = await treeOf(checkout);
    if (now.kind === 'failed') return { kind: 'broken', message: now.message };
    const revision = revisionOf(now);
    return revision === fetched.target ? { kind: 'moved' } : { kind: 'moved', revision };
  }
  const { message, result, first } = updated;
  if (first && neverStarted(result)) return { kind: 'refused', message };
  if (!endedByItself(result)) return { kind: 'broken', message };
  const after = await lookAt(manner, checkout);
  if ('kind' in after) return { kind: 'broken', message };
  if (isDeepStrictEqual(after.status.entries, status.entries)) return untouched(message);
  // What svn itself has given up it has left in order: no person need look before the next run completes it.
  const revision = revisionOf(after.tree);
  const faults = lasting(manner.mode, faultsOf(after, revision));
  const advice = faults.length > 0 ? [explainFaults(checkout.source, revision, faults)] : [];
  return { kind: 'refused', message: [message, ...advice, '(the next run completes it)'].join('\n') };
}

function untouched(message: string): MoveResult {
  return { kind: 'refused', message: `${message}\n(the source tree was not touched)` };
}
