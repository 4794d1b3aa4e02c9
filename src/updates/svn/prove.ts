import type { SvnUpdate } from '../../config/project.js';
import type { Checkout, Failed, Proof } from '../version-control.js';
import { notExecutable } from './executables.js';
import { faultsOf, lasting } from './faults.js';
import type { Look } from './found.js';
import { notPresent } from './not-present.js';
import { isChanged, statusOf } from './status.js';
import { treeOf } from './tree.js';

/** What of the configuration a look depends on. */
export type Manner = Pick<SvnUpdate, 'mode' | 'command' | 'versionOnly'>;

/** What svn says of every file, in externals too, and what these are. */
export async function lookAt(manner: Manner, checkout: Checkout): Promise<Look | Failed> {
  const tree = await treeOf(checkout);
  if (tree.kind === 'failed') return tree;
  const status = await statusOf(checkout, ['-v']);
  if (status.kind === 'failed') return status;
  const absent = await notPresent(checkout, tree);
  if (!Array.isArray(absent)) return absent;
  const programs = await notExecutable(checkout, tree);
  if (!Array.isArray(programs)) return programs;
  const complete = manner.command === undefined && !manner.versionOnly;
  return { source: checkout.source, status, tree, notPresent: absent, notExecutable: programs, complete };
}

/** {@link VersionControl.proveTree}, from such a look. */
export function prove(mode: SvnUpdate['mode'], look: Look, revision: string): Proof {
  const found = faultsOf(look, revision);
  const changed = look.status.entries.filter(isChanged).map(({ path }) => path);
  const modified = [...new Set([...changed, ...look.notExecutable])].sort();
  if (found.length === 0) return { kind: 'proved', modified };
  const faults = found.map(({ endedBy, ...fault }) => fault);
  return { kind: 'faulty', faults, modified, mendable: lasting(mode, found).length === 0 };
}
