import { exists } from '../look.js';
import { listed, withCommands } from '../proof.js';
import type { Checkout, Fault, FetchResult } from '../version-control.js';
import { bringBack, moveAway } from './advice.js';
import { conditionOf } from './condition.js';
import { disguisedIn } from './disguised.js';
import { digestOf, type Entries, entriesOf, isDigest } from './entries.js';
import { faultOf, inTheWayOf } from './fault.js';
import { inTheWay } from './in-the-way.js';
import type { Memory } from './memory.js';
import { comeFromElsewhere } from './origin.js';
import { inSource, type Place } from './place.js';
import { rehearse, type Said } from './said.js';
import { strayedIn } from './strayed.js';
import { below, type Tree, treeOf } from './tree.js';
import { type Following, lettersOf, updateArguments } from './update-options.js';

/**
 * Has cvs rehearse an update, and refuses what would not bring the whole of it: cvs continues over conflicts, past directories
 * that are in its way, and merges into files of a person's. In mode reset all local changes go, but no file that CVS does not know.
 */
export async function fetch(
  following: Following,
  memory: Memory,
  checkout: Checkout,
  asOf?: Date,
): Promise<FetchResult> {
  const { source } = checkout;
  const { snapshots, contents } = memory;
  const read = treeOf(source);
  if (read.kind === 'failed') return read;
  const { tree } = read;
  const entries = entriesOf(tree);
  // A reset goes back to what it had; what the very first one finds may be what is meant.
  const strayed = following.mode === 'fast-forward' || snapshots.isEmpty() ? strayedIn(source, tree, following) : [];
  if (strayed.length > 0) return { kind: 'failed', message: refusal(source, strayed) };
  const past = pastOf(memory, entries);
  const strange = past === undefined ? [] : await comeFromElsewhere(checkout, tree, past);
  if (strange.length > 0) return { kind: 'failed', message: refusal(source, strange) };
  snapshots.keep(entries);
  const rehearsal = await rehearse(checkout, updateArguments(following, tree, asOf));
  const asked = rehearsal.kind === 'said' ? rehearsal : undefined;
  const { clean, obstructed } = conditionOf(source, tree);
  const disguised = await disguisedIn(checkout, contents.learn(source, clean));
  const unknown = await inTheWay({ source: following, checkout, tree }, asked, asOf);
  const blocking = [...tree.passedOver, ...obstructed, ...unknown];
  const faults = [
    ...inTheWayOf(source, blocking),
    ...(asked === undefined ? [] : passedByIn(source, asked, blocking)),
    ...(asked === undefined || following.mode === 'reset'
      ? []
      : changedTwice(source, tree, asked, disguised, blocking)),
  ];
  const why = rehearsal.kind === 'failed' ? rehearsal.message : undefined;
  if (faults.length > 0) return { kind: 'failed', message: refusal(source, faults, why) };
  if (rehearsal.kind === 'failed') return rehearsal;
  const news =
    rehearsal.news ||
    (following.mode === 'reset' && hasLocalRemovals(rehearsal)) ||
    isPartial(source, tree, lettersOf(following.options));
  const head = digestOf(entries);
  // What it is at after the move cannot be known before.
  return { kind: 'fetched', head, target: news ? undefined : head, news, asOf };
}

/** What was recorded last, where that is something else, and was kept. */
function pastOf({ snapshots, recorded }: Memory, present: Entries): Entries | undefined {
  const revision = recorded();
  return isDigest(revision) && revision !== digestOf(present) ? snapshots.of(revision) : undefined;
}

/** Whether cvs takes a directory for one of which only some files are wanted, which ends with the next update of those with `-d`. */
function isPartial(source: string, { directories }: Tree, letters: ReadonlyMap<string, string>): boolean {
  if (!letters.has('d')) return false;
  const reached = letters.has('l') ? directories.slice(0, 1) : directories;
  return reached.some(({ bytes }) => exists(inSource(source, below(bytes, 'CVS/Entries.Static'))));
}

function refusal(source: string, faults: readonly Fault[], why?: string): string {
  const what = faults.map((fault) => `${source}: ${fault.what} ${listed(fault.paths)}`);
  const said = why === undefined ? [] : [why];
  const text = [...said, ...what, '(the source tree was not touched)', 'To fix this:'].join('\n');
  return withCommands(
    text,
    faults.flatMap(({ advice }) => advice),
  );
}

/** cvs leaves all that is in a directory that the repository has no more, and says so in passing. */
function passedByIn(source: string, { skipped, at }: Said, blocking: readonly Place[]): Fault[] {
  const present = skipped.map(at).filter(({ bytes }) => exists(inSource(source, bytes)));
  const places = without(present, blocking);
  return faultOf('directories that are no longer in the repository:', places, moveAway(source, places));
}

/** What a person has changed and the repository, too. */
function changedTwice(
  source: string,
  tree: Tree,
  asked: Said,
  disguised: readonly Place[],
  blocking: readonly Place[],
): Fault[] {
  const { conflicting, merged, brought, gone, at } = asked;
  // cvs would write over these, or remove them.
  const lost = disguised.flatMap(({ path }) => (brought.includes(path) || gone.includes(path) ? [path] : []));
  const places = without([...new Set([...conflicting, ...merged, ...lost])].sort().map(at), blocking);
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
