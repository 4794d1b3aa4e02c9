import { join } from 'node:path';
import { lastHead } from '../journal.js';
import { commandText } from '../tool.js';
import type {
  BrokenMove,
  Checkout,
  Failed,
  LocalChanges,
  RepairResult,
  RevisionResult,
  VersionControl,
} from '../version-control.js';
import { changesBetween } from './changes.js';
import { Contents } from './contents.js';
import { digestOf, entriesOf } from './entries.js';
import { fetch } from './fetch.js';
import type { Memory } from './memory.js';
import { move } from './move.js';
import { prove } from './prove.js';
import { rehearse } from './said.js';
import { signOf } from './sign.js';
import { Snapshots } from './snapshots.js';
import { treeOf } from './tree.js';
import { type Following, plainArguments, updateArguments } from './update-options.js';

/**
 * CVS. Its files have revisions, the tree has none: a digest of all of them stands for it, and the files' revisions at the
 * last digests are kept beside the journal, with digests of what stood in the files.
 *
 * @param memory the journal of what was built, and the directory for that
 */
export function cvs(following: Following, memory: string): VersionControl {
  const directory = join(memory, 'cvs');
  const known: Memory = {
    snapshots: new Snapshots(directory),
    contents: new Contents(directory),
    recorded: () => lastHead(memory).record?.revision,
  };
  return {
    type: 'cvs',
    command: commandText(['cvs', '-z3', ...plainArguments(following)]),
    currentRevision,
    fetch: (checkout, asOf) => fetch(following, known, checkout, asOf),
    async move(checkout, fetched, begin) {
      begin?.(await localChanges(checkout));
      return move(following, checkout, fetched);
    },
    repair: (checkout, broken) => repairTree(following, known, checkout, broken),
    changesBetween: (checkout, prior, revision) => changesBetween(known, checkout, prior, revision),
    proveTree: (checkout, revision) => prove(following, known, checkout, revision),
    signOf: ({ source }) => signOf(source),
    localChanges,
    tidy: async () => undefined,
  };
}

async function currentRevision(checkout: Checkout): Promise<RevisionResult> {
  const read = treeOf(checkout.source);
  return read.kind === 'failed' ? read : { kind: 'revision', revision: digestOf(entriesOf(read.tree)) };
}

async function repairTree(
  following: Following,
  { snapshots }: Memory,
  checkout: Checkout,
  broken: BrokenMove,
): Promise<RepairResult> {
  const here = treeOf(checkout.source);
  if (here.kind === 'failed') return here;
  const update = updateArguments(following, here.tree);
  const past = snapshots.of(broken.from);
  const { repair } = await import('./repair.js');
  const repaired = await repair({
    checkout,
    mode: following.mode,
    update,
    broken,
    past,
    present: entriesOf(here.tree),
  });
  if (repaired.kind !== 'updated') return repaired;
  const head = await currentRevision(checkout);
  return head.kind === 'failed' ? head : { kind: 'whole', revision: head.revision };
}

/** Asks the server, as cvs itself cannot tell without. */
async function localChanges(checkout: Checkout): Promise<LocalChanges | Failed> {
  const rehearsal = await rehearse(checkout, ['update']);
  if (rehearsal.kind === 'failed') return rehearsal;
  return { kind: 'local', modified: rehearsal.modified, conflicting: rehearsal.conflicting };
}
