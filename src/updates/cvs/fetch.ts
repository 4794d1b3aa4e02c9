import { exists } from '../look.js';
import { listed } from '../proof.js';
import type { Checkout, Fault, FetchResult } from '../version-control.js';
import { advised, bringBack, moveAway } from './advice.js';
import { conditionOf } from './condition.js';
import { digestOf, entriesOf } from './entries.js';
import { faultOf, inTheWayOf } from './fault.js';
import { inTheWay } from './in-the-way.js';
import { inSource, type Place } from './place.js';
import { rehearse, type Said } from './said.js';
import type { Snapshots } from './snapshots.js';
import { strayedIn } from './strayed.js';
import { readTree, type Tree } from './tree.js';
import { type Following, updateArguments } from './update-options.js';

/**
 * Has cvs rehearse an update, and refuses what would not bring the whole of it: cvs goes on over conflicts, past directories
 * that are in its way, and merges into files of a person's. In mode reset all local changes go, but nothing of nobody's.
 */
export async function fetch(
  following: Following,
  snapshots: Snapshots,
  checkout: Checkout,
  asOf?: Date,
): Promise<FetchResult> {
  const { source } = checkout;
  let tree: Tree;
  try {
    tree = readTree(source);
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
  const entries = entriesOf(tree);
  // A reset goes back to what it had; what the very first one finds may be what is meant.
  const strayed = following.mode === 'fast-forward' || snapshots.isEmpty() ? strayedIn(source, tree, following) : [];
  if (strayed.length > 0) return { kind: 'failed', message: refusal(source, strayed) };
  snapshots.keep(entries);
  const rehearsal = await rehearse(checkout, updateArguments(following, asOf));
  const asked = rehearsal.kind === 'said' ? rehearsal : undefined;
  const { obstructed } = conditionOf(source, tree);
  const unknown = await inTheWay(following, checkout, tree, asked, asOf);
  const blocking = [...tree.passedOver, ...obstructed, ...unknown];
  const faults = [
    ...inTheWayOf(source, blocking),
    ...(asked === undefined ? [] : passedByIn(source, asked, blocking)),
    ...(asked === undefined || following.mode === 'reset' ? [] : changedTwice(source, tree, asked, blocking)),
  ];
  const why = rehearsal.kind === 'failed' ? rehearsal.message : undefined;
  if (faults.length > 0) return { kind: 'failed', message: refusal(source, faults, why) };
  if (rehearsal.kind === 'failed') return rehearsal;
  const news = rehearsal.news || (following.mode === 'reset' && hasLocalRemovals(rehearsal));
  return { kind: 'fetched', head: digestOf(entries), target: undefined, news, asOf };
}

function refusal(source: string, faults: readonly Fault[], why?: string): string {
  const what = faults.map((fault) => `${source}: ${fault.what} ${listed(fault.paths)}`);
  const said = why === undefined ? [] : [why];
  const text = [...said, ...what, '(the source tree was not touched)', 'What ends it:'].join('\n');
  return advised(
    text,
    faults.flatMap(({ advice }) => advice),
  );
}

/** cvs leaves all that is in a directory that the repository has no more, and says so in passing. */
function passedByIn(source: string, { skipped, at }: Said, blocking: readonly Place[]): Fault[] {
  const present = skipped.map(at).filter(({ bytes }) => exists(inSource(source, bytes)));
  const places = without(present, blocking);
  return faultOf('directories that are no more in the repository:', places, moveAway(source, places));
}

/** What a person has changed and the repository, too. */
function changedTwice(source: string, tree: Tree, asked: Said, blocking: readonly Place[]): Fault[] {
  const { conflicting, merged, at } = asked;
  const places = without([...new Set([...conflicting, ...merged])].sort().map(at), blocking);
  // What is to be removed must be wanted again before cvs brings another version.
  const removed = new Set(tree.files.flatMap(({ path, revision }) => (revision.startsWith('-') ? [path] : [])));
  const present = places.filter(({ bytes }) => exists(inSource(source, bytes)));
  const back = places.filter(({ path }) => removed.has(path));
  const advice = [...moveAway(source, present), ...bringBack(source, back)];
  return faultOf(
    'local changes to files that the update changes, too (merge and commit them, or put them aside):',
    places,
    advice,
  );
}

function without(places: readonly Place[], others: readonly Place[]): Place[] {
  const paths = new Set(others.map(({ path }) => path));
  return places.filter(({ path }) => !paths.has(path));
}

const hasLocalRemovals = ({ removed, conflicting }: Said): boolean => removed.length + conflicting.length > 0;
