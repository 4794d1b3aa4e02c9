import { join } from 'node:path';
import type { GitUpdate } from '../../config/project.js';
import type { Checkout, Failed, Fault, Proof } from '../version-control.js';
import { proveWorkTree } from './prove.js';

/** What there is in the submodules of a tree; all paths from its source. */
export interface Inside {
  readonly kind: 'inside';
  readonly faults: readonly Fault[];
  readonly modified: readonly string[];
  readonly mendable: boolean;
}

/** Looks at each submodule that is checked out, as at a tree: git itself says of one only that something in it has changed. */
export async function proveInside(
  mode: GitUpdate['mode'],
  checkout: Checkout,
  submodules: readonly { readonly path: string; readonly commit: string }[],
): Promise<Inside | Failed> {
  const faults: Fault[] = [];
  const modified: string[] = [];
  let mendable = true;
  for (const { path, commit } of submodules) {
    const proof = await proveWorkTree(mode, { ...checkout, source: join(checkout.source, path) }, commit);
    if (proof.kind === 'failed') return proof;
    modified.push(...proof.modified.map((file) => `${path}/${file}`));
    if (proof.kind === 'proved') continue;
    mendable &&= proof.mendable;
    const within = (file: string): string => `${path}/${file}`;
    faults.push(...proof.faults.map((fault) => ({ ...fault, paths: fault.paths.map(within) })));
  }
  return { kind: 'inside', faults, modified, mendable };
}

/** A proof of a tree with what was found in its submodules. */
export function withInside(proof: Exclude<Proof, Failed>, inside: Inside): Exclude<Proof, Failed> {
  const modified = [...new Set([...proof.modified, ...inside.modified])].sort();
  const [faults, mendable] = proof.kind === 'faulty' ? [proof.faults, proof.mendable] : [[], true];
  const all = [...faults, ...inside.faults];
  if (all.length === 0) return { kind: 'proved', modified };
  return { kind: 'faulty', faults: all, modified, mendable: mendable && inside.mendable };
}
