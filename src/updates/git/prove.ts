import { join } from 'node:path';
import type { GitUpdate } from '../../config/project.js';
import { workTreeOf } from '../../config/work-tree.js';
import { exists } from '../look.js';
import { decodeText } from '../text.js';
import type { Checkout, Fault, Proof } from '../version-control.js';
import type { Looked } from './command.js';
import { hiddenChanges } from './hidden.js';
import { localIn, statusOf } from './status.js';
import { findPlaces } from './tree-state.js';
import { giveUp, obstacles } from './under-way.js';

/** {@link VersionControl.proveTree} of a work tree; what of its submodules is elsewhere, only those know that follow them. */
export async function proveWorkTree(mode: GitUpdate['mode'], checkout: Checkout, revision: string): Promise<Proof> {
  const tree = workTreeOf(checkout.source, 'git');
  if (tree === undefined) return { kind: 'failed', message: `${checkout.source} is no work tree of git` };
  const whole = { ...checkout, source: tree.top };
  // Whatever a user has configured, all tracked files are looked at, those of submodules too.
  const [status, hidden] = await Promise.all([statusOf(whole, 'all'), hiddenIn(whole, tree.administration)]);
  if (hidden.kind === 'failed') return hidden;
  if (status.kind === 'failed') return status;
  const local = localIn(status.value);
  const modified = [...new Set([...local.modified, ...hidden.value.map((path) => decodeText(path))])].sort();
  const lock = join(tree.administration, 'index.lock');
  const locked = exists(lock)
    ? [{ what: `a git process is running there, or was killed: ${lock}`, paths: [], advice: [] }]
    : [];
  // What `git reset --hard` ends is no obstacle in the mode that does that with each update.
  const begun = mode === 'reset' ? [] : obstacles(tree.top, tree.administration);
  const { head } = status.value;
  const elsewhere = head === revision ? [] : [{ what: `it is at ${head}`, paths: [], advice: [] }];
  const faults = [...locked, ...elsewhere, ...faultsOf(tree.top, local.conflicting, begun)];
  if (faults.length === 0) return { kind: 'proved', modified };
  // A lock that a killed git has left goes when the tree is moved.
  const mendable = mode === 'reset' || faults.length === locked.length;
  return { kind: 'faulty', faults, modified, mendable };
}

async function hiddenIn(whole: Checkout, gitDirectory: string): Promise<Looked<Buffer[]>> {
  const places = await findPlaces(whole);
  return places.kind === 'failed' ? places : hiddenChanges(whole, gitDirectory, places.value.commonDirectory);
}

function faultsOf(top: string, unmerged: readonly string[], begun: readonly Fault[]): Fault[] {
  if (unmerged.length === 0) return [...begun];
  const advice = begun.length === 0 ? [giveUp(top, unmerged)] : [];
  return [...begun, { what: 'conflicts in', paths: unmerged, advice }];
}
