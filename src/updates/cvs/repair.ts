import { mkdtempSync, readdirSync, rmdirSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { readRegularFile } from '../../files/atomic-file.js';
import { shellWord } from '../../text/shell-word.js';
import { exists, isDirectory } from '../look.js';
import { remainsAt } from '../prefix.js';
import { listed, withCommands } from '../proof.js';
import type { BrokenMove, Checkout, Failed, RepairResult } from '../version-control.js';
import { moveAway } from './advice.js';
import { runCvs } from './command.js';
import { type Entries, numberOf } from './entries.js';
import { placeOf } from './place.js';
import { readPlace, repositoryBelow } from './repository.js';
import { rehearse, said } from './said.js';
import { writeVersion } from './version.js';

/** A repair of one checkout. */
export interface Case {
  readonly checkout: Checkout;
  readonly mode: 'fast-forward' | 'reset';
  /** `update` with its options. */
  readonly update: readonly string[];
  readonly broken: BrokenMove;
  /** What the entries were before, where that was kept. */
  readonly past: Entries | undefined;
  /** What they are. */
  readonly present: Entries;
}

/** How often the update is run again because more has come meanwhile. */
const ROUNDS = 3;

/**
 * Completes a `cvs update` that broke off. cvs writes a file first and its entry after that, so a killed one leaves files
 * that are the new version, or its beginning, under the old entry or none; files that have no entry any more and are not
 * removed yet; and new directories in which nothing is. Those go, and the update brings what belongs there. Any other
 * file that was not changed before is a person's and refuses it before anything is touched. Killed anywhere here, the
 * next call finds the same kinds of files.
 */
export async function repair(it: Case): Promise<RepairResult | { readonly kind: 'updated' }> {
  const { checkout, broken } = it;
  const seen = await rehearse(checkout, it.update, 'with-unknown');
  if (seen.kind === 'failed') return explained(seen);
  const local = new Set(broken.local);
  const unclear = [...(it.mode === 'reset' ? [] : seen.modified), ...seen.conflicting].filter(
    (path) => !local.has(path),
  );
  const merging = it.mode === 'reset' ? [] : broken.local.filter((path) => wasMerging(it, path));
  if (merging.length > 0) {
    const message = `${checkout.source}: an update was interrupted while it merged local changes in ${listed(merging)}\ncvs kept the files as they were before. To put them back:`;
    const back = merging.map((path) => {
      const file = join(checkout.source, path);
      return `mv ${shellWord(asideOf(file, numberOf(it.present.get(path)) ?? ''))} ${shellWord(file)}`;
    });
    return { kind: 'refused', message: withCommands(message, back) };
  }
  const leftovers = seen.unknown.filter((path) => versionsOf(it, path) !== undefined);
  const sorted = await sort(it, [...unclear, ...leftovers]);
  if (sorted.kind === 'failed') return sorted;
  const persons = sorted.persons.filter((path) => !seen.unknown.includes(path));
  if (persons.length > 0) return refused(checkout, persons);
  for (const path of sorted.ours) unlinkSync(join(checkout.source, path));
  // One that its parent knows already, and that has no place in the repository yet, is not unknown; cvs passes over it.
  for (const path of [...seen.unknown, ...seen.made]) removeIfEmpty(join(checkout.source, path));
  for (const directory of directoriesOf(it)) removeBackups(join(checkout.source, directory, 'CVS'));
  return complete(it);
}

/** Updates until an update has nothing to do. */
async function complete({ checkout, update, broken }: Case): Promise<RepairResult | { readonly kind: 'updated' }> {
  for (let round = 0; round < ROUNDS; round++) {
    const done = await said(checkout, ['-q', ...update]);
    if (done.kind === 'failed') return explained(done);
    const local = new Set(broken.local);
    const changed = [...done.conflicting, ...done.modified.filter((path) => !local.has(path))];
    if (changed.length > 0) return refused(checkout, changed);
    if (done.news) continue;
    const ignored = await ignoredIn(checkout, done.unknown);
    if (ignored.length === 0) return { kind: 'updated' };
    const message = `${checkout.source}: cvs skips ${listed(ignored)}, because it was killed while creating them, and they contain files of yours\nTo move these directories away:`;
    return { kind: 'refused', message: withCommands(message, moveAwayPaths(checkout, ignored)) };
  }
  const message = `${checkout.source}: every cvs update still brings changes, so stagelock cannot prove that the tree is complete`;
  return { kind: 'failed', message };
}

/** Directories that cvs takes for unknown ones, although the repository has files there. Servers before 1.12 do not say. */
async function ignoredIn(checkout: Checkout, unknown: readonly string[]): Promise<string[]> {
  const place = readPlace(checkout.source, Buffer.alloc(0));
  const ignored: string[] = [];
  for (const path of unknown) {
    if (!isDirectory(join(checkout.source, path))) continue;
    const files = await runCvs(checkout, ['-Q', 'rls', '--', repositoryBelow(place, path)]);
    if (files.kind === 'ok' && files.stdout.length > 0) ignored.push(path);
  }
  return ignored;
}

/** Whether cvs has begun to merge a file and has not written its entry. */
function wasMerging({ checkout, past, present }: Case, path: string): boolean {
  const revision = numberOf(present.get(path));
  if (revision === undefined || numberOf(past?.get(path)) !== revision) return false;
  return exists(asideOf(join(checkout.source, path), revision));
}

/** Where cvs keeps a file that it merges into, or discards. */
const asideOf = (file: string, revision: string): string => join(dirname(file), `.#${basename(file)}.${revision}`);

/** The file that a path may be a version of, and its old revision; undefined for what cvs does not leave. */
function versionsOf({ past, present }: Case, path: string): { file: string; prior: string | undefined } | undefined {
  // What a client of a server writes before it gives it its name.
  const file = basename(path).startsWith('.new.') ? join(dirname(path), basename(path).slice('.new.'.length)) : path;
  const prior = numberOf(past?.get(file));
  if (file !== path) return { file, prior };
  return prior === undefined && !present.has(file) ? undefined : { file, prior };
}

type Sorted = { readonly kind: 'sorted'; readonly ours: string[]; readonly persons: string[] } | Failed;

async function sort(it: Case, paths: readonly string[]): Promise<Sorted> {
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-cvs-'));
  try {
    const ours: string[] = [];
    const persons: string[] = [];
    for (const path of paths) {
      const { file, prior } = versionsOf(it, path) ?? { file: path, prior: undefined };
      const newest = await writeVersion(
        it.checkout,
        [...it.update.filter((option) => option !== '-C'), '-p', '--', file],
        join(directory, 'new'),
      );
      if (newest.kind === 'failed') return explained(newest);
      const oldest =
        prior === undefined
          ? newest
          : await writeVersion(it.checkout, ['update', '-r', prior, '-p', '--', file], join(directory, 'old'));
      if (oldest.kind === 'failed') return explained(oldest);
      const remains = remainsAt(join(it.checkout.source, path), [newest.file, oldest.file]);
      if (remains === 'ours') ours.push(path);
      if (remains === 'other') persons.push(path);
    }
    return { kind: 'sorted', ours, persons };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What of a new directory cvs writes before its parent has an entry for it. */
const ADMINISTRATION = new Set([
  'Root',
  'Repository',
  'Entries',
  'Entries.Log',
  'Entries.Backup',
  'Entries.Static',
  'Tag',
  'Template',
]);

/** Removes a directory in which nothing is but what cvs has noted about it. */
function removeIfEmpty(directory: string): void {
  if (!isDirectory(directory)) return;
  const names = readdirSync(directory);
  if (names.some((name) => name !== 'CVS')) return;
  const notes = join(directory, 'CVS');
  if (names.length > 0) {
    if (!isDirectory(notes) || readdirSync(notes).some((name) => !ADMINISTRATION.has(name))) return;
    if ((readRegularFile(join(notes, 'Entries')) ?? '').includes('/')) return;
    for (const name of readdirSync(notes)) unlinkSync(join(notes, name));
    rmdirSync(notes);
  }
  rmdirSync(directory);
}

function directoriesOf({ present, past }: Case): Set<string> {
  return new Set(['', ...[...present.keys(), ...(past?.keys() ?? [])].map((path) => dirname(path))]);
}

/** Where cvs puts an unchanged file while it writes its new version. */
function removeBackups(notes: string): void {
  if (!isDirectory(notes)) return;
  for (const name of readdirSync(notes)) if (name.startsWith(',,')) unlinkSync(join(notes, name));
}

function refused(checkout: Checkout, paths: readonly string[]): RepairResult {
  const message = `${checkout.source} has local changes made since its update was interrupted, in ${listed(paths)}\nThe next run fetches the repository's versions once these files are out of the way. To move them away:`;
  return { kind: 'refused', message: withCommands(message, moveAwayPaths(checkout, paths)) };
}

const moveAwayPaths = ({ source }: Checkout, paths: readonly string[]): string[] =>
  moveAway(
    source,
    paths.map((path) => placeOf(Buffer.from(path))),
  );

/** A killed cvs leaves its lock in the repository, and no later one takes it away. */
function explained(failed: Failed): Failed {
  const where = /waiting for (\S+)'s lock in (\S+)/.exec(failed.message);
  if (where?.[2] === undefined) return failed;
  const message = `${failed.message}\nOnce no cvs process of ${where[1]} is using that repository, remove its lock there:`;
  return { kind: 'failed', message: withCommands(message, [`rmdir ${shellWord(`${where[2]}/#cvs.lock`)}`]) };
}
