import { join } from 'node:path';
import { endedByItself, neverStarted } from '../client.js';
import { exists } from '../look.js';
import { explainFaults, listed, withCommands } from '../proof.js';
import type { Checkout, Fetched, MoveResult } from '../version-control.js';
import { asideLine, topOf } from './advice.js';
import { hgFailure, runHg } from './command.js';
import type { Flaw } from './flaws.js';
import type { Followed } from './heads.js';
import { inTheWay, replacedSubrepositories, UNTOUCHED } from './in-the-way.js';
import { changesIn, type Status, statusOf } from './looks.js';
import { lookAt } from './prove.js';
import { takeBackInterrupted } from './repair.js';
import { fetchSubrepositories } from './sub-fetch.js';
import { unfinishedIn } from './unfinished.js';

/**
 * Never into a person's file or directory: what no revision has stays, or refuses the update before it touches anything. Nor
 * does hg look for copies and renamed directories, by which a change would go into a file of another name.
 */
const KEEPING = [
  '--tool=internal:fail',
  '--config=merge.checkunknown=abort',
  '--config=merge.checkignored=abort',
  '--config=experimental.merge.checkpathconflicts=True',
  '--config=experimental.copytrace=off',
];

/**
 * `hg update` to the target. In mode `fast-forward` local changes to a file that the update touches refuse it, so that no
 * conflict gets into the tree, and what is only missing is brought back before. In mode `reset` all local changes are
 * discarded; untracked files stay in each mode, and refuse an update that has one of that name.
 */
export async function move(
  mode: Followed['mode'],
  checkout: Checkout,
  { head, target = head }: Fetched,
): Promise<MoveResult> {
  const prepared = await (mode === 'reset' ? discardChanges(checkout, head) : mend(checkout, head));
  if (prepared.kind !== 'clean' && prepared.kind !== 'changed') return prepared;
  const before = prepared.kind === 'clean' ? CLEAN : await changesIn(checkout, '-S');
  if (before.kind === 'failed') return { kind: 'refused', message: before.message };
  const local = before.entries.filter(({ letter }) => letter !== '!');
  if (local.length > 0 && head !== target) {
    const problem = await inTheWay(checkout, local, head, target);
    if (problem !== undefined) return { kind: 'refused', message: problem };
  }
  const fetched = await fetchSubrepositories(checkout, topOf(checkout), target);
  // Of one that is to come from elsewhere now the old place may be gone, and only hg knows the new one.
  if (fetched !== undefined && !(await comesFromElsewhere(checkout, head, target))) {
    return { kind: 'refused', message: `${fetched.message}\n${UNTOUCHED}` };
  }
  const replaced = head === '' ? undefined : await replacedSubrepositories(checkout, head, target);
  if (replaced !== undefined) return { kind: 'refused', message: replaced };
  const args = ['update', ...KEEPING, '-r', target];
  const result = await runHg(checkout, args);
  const message = result.kind === 'ok' ? '' : hgFailure(checkout, args, result);
  if (neverStarted(result)) return { kind: 'refused', message };
  // hg has moved the tree and left files unresolved.
  const isUnresolved = result.kind === 'failed' && result.code === 1;
  if (!endedByItself(result) || isUnresolved) return broken(checkout, message);
  const after = await changesIn(checkout, '-S');
  if (result.kind === 'ok') return judgeMoved(checkout, target, before, after);
  const untouched = after.kind === 'status' && lines(after).join('\n') === lines(before).join('\n');
  if (!untouched || unfinishedIn(checkout.source) !== undefined) return broken(checkout, message);
  const untracked = 'stderr' in result ? untrackedIn(checkout, result.stderr) : [];
  if (untracked.length === 0) return { kind: 'refused', message: `${message}\n${UNTOUCHED}` };
  const explained = `${message}\n${UNTOUCHED}\nThe files in the way are untracked. To move them aside:`;
  return { kind: 'refused', message: withCommands(explained, untracked) };
}

/** Whether the sources of the subrepositories are not the same in two revisions. */
async function comesFromElsewhere(checkout: Checkout, head: string, target: string): Promise<boolean> {
  const between = ['--rev', head === '' ? 'null' : head, '--rev', target];
  const changed = await statusOf(checkout, '-mar', ...between, 'path:.hgsub');
  return changed.kind === 'status' && changed.entries.length > 0;
}

/** What was there before is a person's; what has come is not, and may be of a hook of theirs. hg exits with 0 over missing files. */
function judgeMoved(checkout: Checkout, target: string, before: Status, after: Status): MoveResult {
  if (after.kind === 'failed') return broken(checkout, after.message);
  const known = new Set(lines(before));
  // What is missing is brought back by who proves the tree, and is found there.
  const changed = lines(after).filter((line) => !line.startsWith('! ') && !known.has(line));
  if (changed.length === 0) return { kind: 'moved' };
  return broken(checkout, `${checkout.source} was updated to ${target}, but differs from it in ${listed(changed)}`);
}

function broken({ source }: Checkout, message: string): MoveResult {
  return { kind: 'broken', message: `${message}\n(${source} may be half updated)` };
}

function lines(status: Status): string[] {
  return status.kind === 'failed' ? [] : status.entries.map(({ letter, path }) => `${letter} ${path}`);
}

/** Whether a tree that can be moved has, or may have, local changes. */
type Prepared = { readonly kind: 'clean' } | { readonly kind: 'changed' } | MoveResult;

const CLEAN: Status = { kind: 'status', entries: [] };

/** Discards all local changes where there are any. What hg does not know stays as it is. */
async function discardChanges(checkout: Checkout, head: string): Promise<Prepared> {
  const looked = await lookAt({ ...checkout, source: topOf(checkout) }, head, '');
  if (looked.kind === 'failed') return { kind: 'refused', message: looked.message };
  if (looked.modified.length === 0 && looked.flaws.length === 0) return { kind: 'clean' };
  const hard = looked.flaws.filter(({ isCleanable }) => !isCleanable);
  if (hard.length > 0) return refusedFor(checkout, head, hard);
  const args = ['update', ...KEEPING, '--clean', '-r', head === '' ? 'null' : '.'];
  const result = await runHg(checkout, args);
  if (result.kind === 'ok') return { kind: 'changed' };
  const message = hgFailure(checkout, args, result);
  const mayBeHalf = unfinishedIn(checkout.source)?.command === 'update' || !endedByItself(result);
  return mayBeHalf && !neverStarted(result) ? broken(checkout, message) : { kind: 'refused', message };
}

function refusedFor({ source }: Checkout, head: string, flaws: readonly Flaw[]): MoveResult {
  return { kind: 'refused', message: explainFaults(source, head, flaws) };
}

/** Ends what can be ended without the loss of anything: brings back what is missing, takes back what was interrupted. */
async function mend(checkout: Checkout, head: string): Promise<Prepared> {
  if (unfinishedIn(checkout.source)?.command === 'update') {
    const ended = await takeBackInterrupted(checkout, head);
    if (ended !== undefined) return { kind: 'refused', message: ended };
  }
  const looked = await lookAt({ ...checkout, source: topOf(checkout) }, head, '');
  if (looked.kind === 'failed') return { kind: 'refused', message: looked.message };
  if (looked.flaws.some((flaw) => flaw.mend === undefined)) return refusedFor(checkout, head, looked.flaws);
  const mends = looked.flaws.flatMap((flaw) => flaw.mend ?? []);
  for (const { checkout: where, args } of mends) {
    const result = await runHg(where, args);
    if (result.kind !== 'ok') return { kind: 'refused', message: hgFailure(where, args, result) };
  }
  return { kind: mends.length + looked.modified.length === 0 ? 'clean' : 'changed' };
}

/** The files that hg names before it aborts. */
function untrackedIn(checkout: Checkout, stderr: string): string[] {
  const top = topOf(checkout);
  const named = stderr.split('\n').flatMap((line) => /^(.*): untracked (?:file|directory)\b/.exec(line)?.[1] ?? []);
  return named.filter((path) => exists(join(top, path))).map((path) => asideLine(top, path));
}
