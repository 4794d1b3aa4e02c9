import { explainFaults } from '../proof.js';
import type { BrokenMove, Checkout, RepairResult } from '../version-control.js';
import { faultsOf } from './faults.js';
import { localChanges, obstacleTo } from './obstacle.js';
import { prepare } from './prepare.js';
import { lookAt, type Manner } from './prove.js';
import { partsOf, revisionOf } from './revision.js';
import { isChanged } from './status.js';
import { updateTo } from './update.js';

/**
 * Completes a `svn update` that broke off. svn notes in its database what it is about to do to a file before it does it,
 * so after `svn cleanup` every file that differs from what svn knows was changed by a person; what is missing then comes
 * with the update. Killed anywhere here, the next call begins anew.
 *
 * In mode `fast-forward` a file that was changed since the update began refuses it, before anything of the tree moves.
 */
export async function repair(
  manner: Manner,
  checkout: Checkout,
  { from, to: wanted = from, local, otherHost }: BrokenMove,
): Promise<RepairResult> {
  const { source } = checkout;
  const to = partsOf(wanted).number;
  const prepared = await prepare(manner, checkout, otherHost);
  if (prepared.kind !== 'prepared') return prepared;
  const { tree, status } = prepared.look;
  if (manner.mode === 'fast-forward') {
    const known = new Set(local);
    const changed = status.entries.filter((entry) => isChanged(entry) && !known.has(entry.path));
    const obstacle =
      changed.length > 0
        ? localChanges(source, 'local changes since the update began', changed)
        : await obstacleTo(checkout, tree, status, to);
    if (obstacle !== undefined) return { kind: 'refused', message: obstacle };
  }
  const updated = await updateTo(manner.mode, checkout, prepared.look, to);
  if (updated.kind === 'failed') return updated;
  const after = await lookAt(manner, checkout);
  if ('kind' in after) return after;
  const revision = revisionOf(after.tree);
  const faults = faultsOf(after, revision);
  if (faults.length > 0) return { kind: 'refused', message: explainFaults(source, revision, faults) };
  return { kind: 'whole', revision };
}
