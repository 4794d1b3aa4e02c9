import { join } from 'node:path';
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
import { digestOf, type Entries, readEntries } from './entries.js';
import { fetch } from './fetch.js';
import { move } from './move.js';
import { prove } from './prove.js';
import { rehearse } from './said.js';
import { signOf } from './sign.js';
import { Snapshots } from './snapshots.js';
import { type Following, updateArguments } from './update-options.js';

/**
 * CVS. Its files have revisions, the tree has none: a digest of all of them stands for it, and the files' revisions at the
 * last digests are kept beside the journal.
 *
 * @param memory the directory for that
 */
export function cvs(following: Following, memory: string): VersionControl {
  const snapshots = new Snapshots(join(memory, 'cvs'));
  return {
    type: 'cvs',
    command: commandText(['cvs', '-z3', ...updateArguments(following)]),
    currentRevision,
    fetch: (checkout, asOf) => fetch(following, snapshots, checkout, asOf),
    move: (checkout, fetched) => move(following, checkout, fetched),
    repair: (checkout, broken) => repairTree(following, snapshots, checkout, broken),
    changesBetween: (checkout, prior, revision) => changesBetween(snapshots, checkout, prior, revision),
    proveTree: (checkout, revision) => prove(following, snapshots, checkout, revision),
    signOf: ({ source }) => signOf(source),
    localChanges,
    tidy: async () => undefined,
  };
}

async function currentRevision(checkout: Checkout): Promise<RevisionResult> {
  const read = entriesIn(checkout);
  return read.kind === 'failed' ? read : { kind: 'revision', revision: digestOf(read.entries) };
}

type Read = { readonly kind: 'entries'; readonly entries: Entries } | Failed;

function entriesIn({ source }: Checkout): Read {
  try {
    return { kind: 'entries', entries: readEntries(source) };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

async function repairTree(
  following: Following,
  snapshots: Snapshots,
  checkout: Checkout,
  broken: BrokenMove,
): Promise<RepairResult> {
  const here = entriesIn(checkout);
  if (here.kind === 'failed') return here;
  const update = updateArguments(following);
  const past = snapshots.of(broken.from);
  const { repair } = await import('./repair.js');
  const repaired = await repair({ checkout, mode: following.mode, update, broken, past, present: here.entries });
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
