import { join } from 'node:path';
import type { GitUpdate } from '../../config/project.js';
import { workTreeOf } from '../../config/work-tree.js';
import { exists } from '../look.js';
import { decodeText } from '../text.js';
import type { Checkout, Fault, Proof } from '../version-control.js';
import { hiddenChanges } from './hidden.js';
import { nulSeparated } from './tree-state.js';
import { giveUp, obstacles } from './under-way.js';

/** What `git status` says of a tree. Paths as text, relative to the top of the work tree. */
interface Status {
  /** `(initial)` before the first commit. */
  readonly head: string;
  readonly modified: readonly string[];
  readonly unmerged: readonly string[];
}

/** {@link VersionControl.proveTree} of a work tree; what of its submodules is elsewhere, only those know that follow them. */
export async function proveWorkTree(mode: GitUpdate['mode'], checkout: Checkout, revision: string): Promise<Proof> {
  const tree = workTreeOf(checkout.source, 'git');
  if (tree === undefined) return { kind: 'failed', message: `${checkout.source} is no work tree of git` };
  const whole = { ...checkout, source: tree.top };
  const status = await statusOf(whole);
  if (status.kind === 'failed') return status;
  const hidden = await hiddenChanges(whole, tree.administration);
  if (hidden.kind === 'failed') return hidden;
  const modified = [...new Set([...status.value.modified, ...hidden.value.map((path) => decodeText(path))])].sort();
  const lock = join(tree.administration, 'index.lock');
  const locked = exists(lock)
    ? [{ what: `a git is at work there, or was killed: ${lock}`, paths: [], advice: [] }]
    : [];
  // What `git reset --hard` ends is no obstacle in the mode that does that with each update.
  const begun = mode === 'reset' ? [] : obstacles(tree.top, tree.administration);
  const faults = [...locked, ...faultsOf(tree.top, status.value, revision, begun)];
  if (faults.length === 0) return { kind: 'proved', modified };
  // A lock that a killed git has left goes when the tree is moved.
  const mendable = mode === 'reset' || faults.length === locked.length;
  return { kind: 'faulty', faults, modified, mendable };
}

function faultsOf(top: string, status: Status, revision: string, begun: readonly Fault[]): Fault[] {
  const faults: Fault[] = [];
  if (status.head !== revision) faults.push({ what: `it is at ${status.head}`, paths: [], advice: [] });
  faults.push(...begun);
  if (status.unmerged.length > 0) {
    const advice = begun.length === 0 ? [giveUp(top, status.unmerged)] : [];
    faults.push({ what: 'conflicts in', paths: status.unmerged, advice });
  }
  return faults;
}

/** Whatever a user has configured, all tracked files are looked at, those of submodules too. */
async function statusOf(
  checkout: Checkout,
): Promise<{ readonly kind: 'seen'; readonly value: Status } | { readonly kind: 'failed'; readonly message: string }> {
  const args = ['status', '--porcelain=v2', '--branch', '-z', '-uno', '--no-renames', '--ignore-submodules=none'];
  const read = await nulSeparated(checkout, args);
  if (read.kind === 'failed') return read;
  let head = '';
  const [modified, unmerged]: [string[], string[]] = [[], []];
  for (const entry of read.value) {
    const line = entry.toString('latin1');
    head = /^# branch\.oid (.*)$/.exec(line)?.[1] ?? head;
    // `1 XY SUB mH mI mW hH hI PATH` and `u XY SUB m1 m2 m3 mW h1 h2 h3 PATH`
    const changed = /^1 (?:\S+ ){7}/.exec(line)?.[0];
    const conflicting = /^u (?:\S+ ){9}/.exec(line)?.[0];
    if (changed !== undefined) modified.push(decodeText(entry.subarray(changed.length)));
    if (conflicting !== undefined) unmerged.push(decodeText(entry.subarray(conflicting.length)));
  }
  return { kind: 'seen', value: { head, modified: modified.sort(), unmerged: unmerged.sort() } };
}
