import { lstatSync, mkdtempSync, rmdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readRegularFile } from '../../locks/index.js';
import { shellWord } from '../../text/shell-word.js';
import { remainsAt } from '../prefix.js';
import { judgeTree, listed } from '../proof.js';
import { decodeText } from '../text.js';
import type { BrokenMove, Checkout, Failed, LocalChanges, RepairResult, RevisionResult } from '../version-control.js';
import { hgFailure, readHg, runHg } from './command.js';

/** How a tree is looked at. */
export interface Looks {
  currentRevision(checkout: Checkout): Promise<RevisionResult>;
  localChanges(checkout: Checkout): Promise<LocalChanges | Failed>;
}

/** As many paths as a command line holds without trouble. */
const AT_ONCE = 200;

/**
 * Rolls back a `hg update` that broke off. hg writes the files first and what is checked out last, so a killed one leaves
 * the old revision with some files of the new one. A file that is the old version, the new one or the beginning of
 * either, or absent, is what hg has left; anything else is a person's, and refuses it before anything is touched. Killed
 * anywhere in here, the next call finds the same kinds of files.
 *
 * In mode `reset` all local changes are discarded, as always, and the update is completed.
 */
export async function repair(
  mode: 'fast-forward' | 'reset',
  looks: Looks,
  checkout: Checkout,
  broken: BrokenMove,
): Promise<RepairResult> {
  const head = await looks.currentRevision(checkout);
  if (head.kind === 'failed') return head;
  const ended = await (mode === 'reset' ? complete(checkout, broken) : rollBack(checkout, head.revision, broken));
  return ended ?? prove(looks, checkout, broken);
}

/** What ended the repair before its time; undefined when the tree can be looked at. */
type Ended = RepairResult | undefined;

async function complete(checkout: Checkout, { from, to = from }: BrokenMove): Promise<Ended> {
  return run(checkout, ['update', '--clean', '-r', to]);
}

async function rollBack(checkout: Checkout, head: string, broken: BrokenMove): Promise<Ended> {
  const { from, to = targetOf(checkout.source) } = broken;
  if (head !== from || to === undefined || to === from) return undefined;
  const between = await pathsOf(checkout, ['-mar', '--rev', from, '--rev', to]);
  if (between.kind === 'failed') return between;
  const dirty = await pathsOf(checkout, ['-mard']);
  if (dirty.kind === 'failed') return dirty;
  if (between.paths.includes('.hgsub') || exists(join(checkout.source, '.hgsub'))) return withSubrepositories(checkout);
  const ours = new Set(between.paths);
  const local = new Set(broken.local);
  const changed = dirty.paths.filter((path) => !ours.has(path) && !local.has(path));
  if (changed.length > 0) return refused(checkout, from, changed);
  const came = new Set(between.added);
  const existing = between.added.filter((path) => exists(join(checkout.source, path)));
  const differing = [...new Set([...dirty.paths.filter((path) => ours.has(path)), ...existing])];
  const persons = await notOurs(checkout, differing, from, to);
  if (persons.kind === 'failed') return persons;
  if (persons.paths.length > 0) return refused(checkout, from, persons.paths);
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

async function prove(looks: Looks, checkout: Checkout, broken: BrokenMove): Promise<RepairResult> {
  const head = await looks.currentRevision(checkout);
  if (head.kind === 'failed') return head;
  const unfinished = unfinishedIn(checkout.source);
  if (unfinished !== undefined) {
    return { kind: 'refused', message: `${checkout.source} is in the middle of another command of hg: ${unfinished}` };
  }
  const args = ['log', '-r', 'p2()', '-T', '{node}'];
  const merged = await runHg(checkout, args);
  if (merged.kind !== 'ok') return { kind: 'failed', message: hgFailure(checkout, args, merged) };
  if (merged.stdout.length > 0) {
    return {
      kind: 'refused',
      message: `${checkout.source} has a merge that is not committed; hg commit, or hg merge --abort`,
    };
  }
  return judgeTree(checkout.source, head, await looks.localChanges(checkout), broken);
}

/** Where the update that broke off was going, as hg itself has noted. */
function targetOf(source: string): string | undefined {
  const noted = readRegularFile(join(source, '.hg', 'updatestate'))?.trim();
  return noted !== undefined && /^[0-9a-f]{40}$/.test(noted) ? noted : undefined;
}

/** The file in which hg notes a command that was not finished. */
export function unfinishedIn(source: string): string | undefined {
  const names = ['updatestate', 'graftstate', 'rebasestate', 'histedit-state', 'shelvedstate'];
  const found = names.find((name) => exists(join(source, '.hg', name)));
  return found === undefined ? undefined : `.hg/${found}`;
}

function withSubrepositories({ source }: Checkout): RepairResult {
  const message = `${source} has subrepositories, and an update of it broke off; nothing tells their files from a person's. To discard all local changes and complete it:\nhg -R ${shellWord(source)} update --clean`;
  return { kind: 'refused', message };
}

function refused({ source }: Checkout, from: string, paths: readonly string[]): RepairResult {
  const what = `${source} has local changes since its update broke off, in ${listed(paths)}`;
  const advice = `Commit nothing yet: keep a copy of what you need, then for each file\nhg revert --no-backup -r ${from} FILE\n(or rm, where the file is not known). The next run goes on then.`;
  return { kind: 'refused', message: `${what}\n${advice}` };
}

async function run(checkout: Checkout, args: readonly string[]): Promise<Ended> {
  const result = await runHg(checkout, args);
  return result.kind === 'ok' ? undefined : { kind: 'failed', message: hgFailure(checkout, args, result) };
}

type Paths = { readonly kind: 'paths'; readonly paths: readonly string[]; readonly added: readonly string[] } | Failed;

async function pathsOf(checkout: Checkout, options: readonly string[]): Promise<Paths> {
  const output = await readHg(checkout, ['status', '-0', ...options]);
  if (output.kind === 'failed') return output;
  const entries = decodeText(output.bytes)
    .split('\0')
    .filter((entry) => entry !== '');
  const added = entries.filter((entry) => entry.startsWith('A ')).map((entry) => entry.slice(2));
  return { kind: 'paths', paths: entries.map((entry) => entry.slice(2)), added };
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

const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
