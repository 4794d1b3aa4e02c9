import type { Checkout, Fault, Proof } from '../version-control.js';
import { moveAway, removeBackups } from './advice.js';
import { conditionOf } from './condition.js';
import { disguisedIn } from './disguised.js';
import { digestOf, type Entries, entriesOf } from './entries.js';
import { faultOf, inTheWayOf, sortedPaths } from './fault.js';
import type { Memory } from './memory.js';
import { said } from './said.js';
import type { Snapshots } from './snapshots.js';
import { strayedIn } from './strayed.js';
import { type Entry, treeOf } from './tree.js';
import type { Following } from './update-options.js';

/**
 * Shows it by the notes of CVS and by the times of all files. cvs keeps no copy of a file as it was, so only a server can tell
 * what was written again with the same text: it is asked about these files alone, and each that it knows nothing of counts as
 * changed.
 */
export async function prove(
  following: Following,
  { snapshots, contents }: Memory,
  checkout: Checkout,
  revision: string,
): Promise<Proof> {
  const read = treeOf(checkout.source);
  if (read.kind === 'failed') return read;
  const { tree } = read;
  const { source } = checkout;
  const { clean, missing, obstructed, conflicting, unfinished, changed, rewritten } = conditionOf(source, tree);
  const disguised = await disguisedIn(checkout, contents.differing(source, clean));
  const blocking = [...tree.passedOver, ...obstructed];
  const elsewhere = elsewhereIn(entriesOf(tree), revision, snapshots);
  if (elsewhere.length > 0) elsewhere.push(...strayedIn(source, tree, following));
  const modified = sortedPaths([...changed, ...disguised, ...(await changedOf(checkout, rewritten))]);
  const lost = faultOf('missing files:', missing, []);
  const ofPersons = [
    ...faultOf('conflicts in', conflicting, moveAway(source, conflicting)),
    ...faultOf('cvs was killed while it was writing', unfinished, [
      ...moveAway(source, unfinished),
      ...removeBackups(source, unfinished),
    ]),
  ];
  const standing = [...elsewhere, ...inTheWayOf(source, blocking)];
  const faults = [...standing, ...ofPersons, ...lost];
  if (faults.length === 0) return { kind: 'proved', modified };
  const mendable = standing.length === 0 && (following.mode === 'reset' || ofPersons.length === 0);
  return { kind: 'faulty', faults, modified, mendable };
}

/** Which files are at other revisions, as far as it was kept what they were. */
function elsewhereIn(present: Entries, revision: string, snapshots: Snapshots): Fault[] {
  const head = digestOf(present);
  if (head === revision) return [];
  const past = snapshots.of(revision);
  if (past === undefined) return [{ what: `it is at ${head}, not at ${revision}`, paths: [], advice: [] }];
  const paths = [...new Set([...past.keys(), ...present.keys()])].filter(
    (path) => past.get(path) !== present.get(path),
  );
  return [{ what: `files that are not as ${revision} has them:`, paths: paths.sort(), advice: [] }];
}

/** As many files as a command line holds without trouble. */
const FILES_AT_ONCE = 200;

/** Names that are not UTF-8 are no words of a command that a process is started with: those files count as changed. */
async function changedOf(checkout: Checkout, rewritten: readonly Entry[]): Promise<Entry[]> {
  const isWord = ({ path, bytes }: Entry): boolean => Buffer.from(path).equals(bytes);
  const changed = rewritten.filter((file) => !isWord(file));
  const asked = rewritten.filter(isWord);
  for (let at = 0; at < asked.length; at += FILES_AT_ONCE) {
    const some = asked.slice(at, at + FILES_AT_ONCE);
    const answer = await said(checkout, ['-n', '-q', 'update', '--', ...some.map(({ path }) => path)]);
    const differing = answer.kind === 'said' ? new Set([...answer.modified, ...answer.conflicting]) : undefined;
    changed.push(...some.filter(({ path }) => differing === undefined || differing.has(path)));
  }
  return changed;
}
