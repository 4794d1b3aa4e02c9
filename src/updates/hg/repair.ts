import { lstatSync, mkdtempSync, rmdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { exists } from '../look.js';
import { remainsAt } from '../prefix.js';
import { explainFaults, listed, withCommands } from '../proof.js';
import type { BrokenMove, Checkout, Failed, RepairResult } from '../version-control.js';
import { asideLine, hgLine, topOf } from './advice.js';
import { hgFailure, runHg } from './command.js';
import { standingBefore } from './flaws.js';
import { changesIn, currentRevision, type Status, statusOf } from './looks.js';
import { lookAt } from './prove.js';
import { targetNotedIn } from './unfinished.js';

/** As many paths as a command line holds without trouble. */
const AT_ONCE = 200;

/**
 * Rolls back a `hg update` that broke off. hg writes the files first and what is checked out last, so a killed one leaves
 * the old revision with some files of the new one. A file that is the old version, the new one or the beginning of
 * either, or absent, is what hg has left; anything else is a person's, and refuses it before anything is touched. Killed
 * anywhere here, the next call finds the same kinds of files.
 *
 * In mode `reset` all local changes are discarded, as always, and the update is completed.
 */
export async function repair(
  mode: 'fast-forward' | 'reset',
  checkout: Checkout,
  broken: BrokenMove,
): Promise<RepairResult> {
  const head = await currentRevision(checkout);
  if (head.kind === 'failed') return head;
  const top = { ...checkout, source: topOf(checkout) };
  const ended = await (mode === 'reset' ? complete(top, broken) : rollBack(top, head.revision, broken));
  return ended ?? prove(top, broken);
}

/** What ended the repair before its time; undefined when the tree can be looked at. */
type Ended = RepairResult | undefined;

async function complete(checkout: Checkout, { from, to = from }: BrokenMove): Promise<Ended> {
  return run(checkout, ['update', '--clean', '-r', to]);
}

async function rollBack(checkout: Checkout, head: string, broken: BrokenMove): Promise<Ended> {
  const { from, to = targetNotedIn(checkout.source) } = broken;
  if (head !== from || to === undefined || to === from) return undefined;
  const between = paths(await statusOf(checkout, '-mar', '--rev', from, '--rev', to));
  if (between.kind === 'failed') return between;
  const dirty = paths(await changesIn(checkout));
  if (dirty.kind === 'failed') return dirty;
  if (between.paths.includes('.hgsub') || exists(join(checkout.source, '.hgsub')))
    return withSubrepositories(checkout, to);
  const ours = new Set(between.paths);
  const local = new Set(broken.local);
  const standing = standingBeforeAny(checkout, dirty.paths).filter((path) => !ours.has(path));
  if (standing.length > 0) return refusedForStanding(checkout, standing);
  const changed = dirty.paths.filter((path) => !ours.has(path) && !local.has(path));
  if (changed.length > 0) return refused(checkout, from, changed, []);
  const came = new Set(between.added);
  const existing = between.added.filter((path) => isIn(checkout.source, path));
  const differing = [...new Set([...dirty.paths.filter((path) => ours.has(path)), ...existing])];
  const persons = await notOurs(checkout, differing, from, to);
  if (persons.kind === 'failed') return persons;
  if (persons.paths.length > 0) return refused(checkout, from, persons.paths, between.added);
  for (const path of existing) removeFile(checkout.source, path);
  const back = differing.filter((path) => !came.has(path));
  for (let at = 0; at < back.length; at += AT_ONCE) {
    const paths = back.slice(at, at + AT_ONCE).map((path) => `path:${path}`);
    const ended = await run(checkout, ['revert', '--no-backup', '-r', from, '--', ...paths]);
    if (ended !== undefined) return ended;
  }
  // Forgets that an update broke off.
  return run(checkout, ['update', '-r', from]);
}

/** The same for an update that a person has begun; all that differs besides it is theirs. @returns why not */
export async function takeBackInterrupted(checkout: Checkout, head: string): Promise<string | undefined> {
  const dirty = paths(await changesIn(checkout));
  if (dirty.kind === 'failed') return dirty.message;
  const ended = await rollBack(checkout, head, { from: head, to: undefined, local: dirty.paths });
  return ended !== undefined && 'message' in ended ? ended.message : undefined;
}

async function prove(checkout: Checkout, broken: BrokenMove): Promise<RepairResult> {
  const head = await currentRevision(checkout);
  if (head.kind === 'failed') return head;
  const looked = await lookAt(checkout, head.revision, '');
  if (looked.kind === 'failed') return looked;
  // What is only missing is brought back where the tree is proved.
  const flaws = looked.flaws.filter(({ mend }) => mend === undefined);
  if (flaws.length > 0) return { kind: 'refused', message: explainFaults(checkout.source, head.revision, flaws) };
  const before = new Set(broken.local);
  const unexplained = looked.modified.filter((path) => !before.has(path)).sort();
  if (unexplained.length > 0) return refused(checkout, head.revision, unexplained, []);
  return { kind: 'whole', revision: head.revision };
}

function withSubrepositories(checkout: Checkout, to: string): RepairResult {
  const message = `${checkout.source} has subrepositories, and its update was interrupted; stagelock cannot tell files of the update from changes of yours. To discard all local changes and complete the update:`;
  return { kind: 'refused', message: withCommands(message, [hgLine(checkout, 'update', '--clean', '-r', to)]) };
}

/** What a person wrote stays beside each file. */
function refused(checkout: Checkout, from: string, paths: readonly string[], unknown: readonly string[]): RepairResult {
  const what = `${checkout.source} has local changes made since its update was interrupted, in ${listed(paths)}. To undo them and keep your version beside each file:`;
  const known = paths.filter((path) => !unknown.includes(path)).map((path) => `path:${path}`);
  const top = topOf(checkout);
  const lines = [
    ...(known.length === 0 ? [] : [hgLine(checkout, 'revert', '-r', from, ...known)]),
    ...paths.filter((path) => unknown.includes(path)).map((path) => asideLine(top, path)),
  ];
  return { kind: 'refused', message: withCommands(what, lines) };
}

/** What no update has put on the way to files of it. */
function standingBeforeAny({ source }: Checkout, paths: readonly string[]): string[] {
  return [...new Set(paths.flatMap((path) => standingBefore(source, Buffer.from(path)) ?? []))].sort();
}

function refusedForStanding(checkout: Checkout, standing: readonly string[]): RepairResult {
  const what = `${checkout.source} is not what its update has left: something else stands in the place of ${listed(standing)}. To put that aside:`;
  return {
    kind: 'refused',
    message: withCommands(
      what,
      standing.map((path) => asideLine(checkout.source, path)),
    ),
  };
}

async function run(checkout: Checkout, args: readonly string[]): Promise<Ended> {
  const result = await runHg(checkout, args);
  return result.kind === 'ok' ? undefined : { kind: 'failed', message: hgFailure(checkout, args, result) };
}

type Paths = { readonly kind: 'paths'; readonly paths: readonly string[]; readonly added: readonly string[] } | Failed;

function paths(status: Status): Paths {
  if (status.kind === 'failed') return status;
  const added = status.entries.filter(({ letter }) => letter === 'A').map(({ path }) => path);
  return { kind: 'paths', paths: status.entries.map(({ path }) => path), added };
}

type Persons = { readonly kind: 'paths'; readonly paths: readonly string[] } | Failed;

/** Those of the paths where something stands that is the beginning of neither version. */
async function notOurs(checkout: Checkout, paths: readonly string[], from: string, to: string): Promise<Persons> {
  if (paths.length === 0) return { kind: 'paths', paths: [] };
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-hg-'));
  try {
    const list = join(directory, 'paths');
    writeFileSync(list, paths.map((path) => `path:${path}`).join('\0'));
    for (const revision of [from, to]) {
      const where = ['-r', revision, '-t', 'files', '--config', 'ui.archivemeta=False', '-I', `listfile0:${list}`];
      const args = ['archive', ...where, join(directory, revision)];
      const result = await runHg(checkout, args);
      // Exit code 1 where the revision has none of them.
      const none = result.kind === 'failed' && /no files match the archive pattern/.test(result.stderr);
      if (result.kind !== 'ok' && !none) return { kind: 'failed', message: hgFailure(checkout, args, result) };
    }
    const versions = (path: string): string[] => [from, to].map((revision) => join(directory, revision, path));
    const persons = paths.filter((path) => remainsAt(join(checkout.source, path), versions(path)) === 'other');
    return { kind: 'paths', paths: persons };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Whether there is something at a path to which no link leads. */
function isIn(source: string, path: string): boolean {
  return standingBefore(source, Buffer.from(path)) === undefined && exists(join(source, path));
}

/** Removes a file and the directories that are empty without it, as hg does. */
function removeFile(source: string, path: string): void {
  if (lstatSync(join(source, path)).isDirectory()) return;
  unlinkSync(join(source, path));
  for (let at = dirname(path); at !== '.'; at = dirname(at)) {
    try {
      rmdirSync(join(source, at));
    } catch {
      return; // not empty
    }
  }
}
