import { explainFaults } from '../proof.js';
import type { Checkout } from '../version-control.js';
import { faultsOf, lasting } from './faults.js';
import type { Look } from './found.js';
import { releaseLocks } from './locks.js';
import { lookAt, type Manner } from './prove.js';
import { revisionOf } from './revision.js';
import { statusOf } from './status.js';

/** Whether an update may begin. */
export type Prepared =
  | { readonly kind: 'prepared'; readonly look: Look }
  /** Nothing was touched. The message says what to do. */
  | { readonly kind: 'refused'; readonly message: string }
  /** The locks of a killed svn could not be taken away; what it had begun may be half done. */
  | { readonly kind: 'failed'; readonly message: string };

/**
 * Takes away what a killed svn has left, and looks at the whole tree for what no update would end.
 *
 * @param otherHost where the svn that died had run, if not here
 */
export async function prepare(manner: Manner, checkout: Checkout, otherHost?: string): Promise<Prepared> {
  const left = await statusOf(checkout, []);
  if (left.kind === 'failed') return { kind: 'refused', message: left.message };
  const released = await releaseLocks(checkout, left, otherHost);
  if (released.kind !== 'released') return released;
  const look = await lookAt(manner, checkout);
  if ('kind' in look) return { kind: 'refused', message: look.message };
  const revision = revisionOf(look.tree);
  const faults = lasting(manner.mode, faultsOf(look, revision));
  if (faults.length > 0) return { kind: 'refused', message: explainFaults(checkout.source, revision, faults) };
  return { kind: 'prepared', look };
}
