import type { Change } from '../record.js';
import type { ChangesResult, Checkout, Failed } from '../version-control.js';
import { cvsFailure, runCvs } from './command.js';
import { commitsOf, type PathRevision, type Step, withoutLog } from './commits.js';
import { conditionOf } from './condition.js';
import { digestOf, type Entries, entriesOf, numberOf } from './entries.js';
import { readLog } from './log.js';
import type { Memory } from './memory.js';
import { directoryOf, type RepositoryPlace, repositoryBelow } from './repository.js';
import { isBetween } from './revision-number.js';
import { type Tree, treeOf } from './tree.js';

/** As many files as a command line holds without trouble. */
const FILES_AT_ONCE = 200;

/** Asks the repositories for the log of every file that is not what it was. */
export async function changesBetween(
  { snapshots, contents }: Memory,
  checkout: Checkout,
  prior: string,
  revision: string,
): Promise<ChangesResult> {
  const read = treeOf(checkout.source);
  if (read.kind === 'failed') return read;
  const { tree } = read;
  const present = entriesOf(tree);
  if (digestOf(present) !== revision) {
    return { kind: 'failed', message: `${checkout.source} was changed while it was looked at` };
  }
  snapshots.keep(present);
  contents.learn(checkout.source, conditionOf(checkout.source, tree).clean);
  const past = snapshots.of(prior);
  if (past === undefined) return { kind: 'changes', changes: [], complete: false };
  const steps = stepsBetween(past, present);
  const revisions: PathRevision[] = [];
  for (const { root, paths } of byRoot(tree, [...steps.keys()])) {
    for (let at = 0; at < paths.length; at += FILES_AT_ONCE) {
      const log = await logOf(checkout, root, paths.slice(at, at + FILES_AT_ONCE));
      if (log.kind === 'failed') return log;
      for (const of of log.revisions) if (belongs(of, steps.get(of.path))) revisions.push(of);
    }
  }
  snapshots.keepOnly([prior, revision]);
  return {
    kind: 'changes',
    changes: [...commitsOf(revisions, steps), ...unexplained(revisions, steps, revision)],
    complete: true,
  };
}

/** What no log says anything about: an administrator has moved the file of the repository away, say. */
function unexplained(revisions: readonly PathRevision[], steps: ReadonlyMap<string, Step>, revision: string): Change[] {
  const explained = new Set(revisions.map(({ path }) => path));
  const rest = [...steps.values()].filter(({ path }) => !explained.has(path));
  return rest.length === 0 ? [] : [withoutLog(revision, rest)];
}

function stepsBetween(past: Entries, present: Entries): Map<string, Step> {
  const steps = new Map<string, Step>();
  for (const path of [...new Set([...past.keys(), ...present.keys()])].sort()) {
    if (path.endsWith('/')) continue;
    const step = { path, prior: numberOf(past.get(path)), revision: numberOf(present.get(path)) };
    if (step.prior !== step.revision) steps.set(path, step);
  }
  return steps;
}

/** A file that is no more was removed by a revision of its own, the first dead one after what was there. */
function belongs(of: { readonly revision: string; readonly dead: boolean }, step: Step | undefined): boolean {
  if (step === undefined) return false;
  if (step.revision !== undefined) return isBetween(of.revision, step.prior, step.revision);
  return of.dead && step.prior !== undefined && isBetween(of.revision, step.prior, of.revision);
}

/** A file of the source, and what it is below the root of its repository. */
interface Asked {
  readonly path: string;
  readonly name: string;
}

/** Where each file lies, by the notes of its own directory, or of the nearest one that is still there. */
function byRoot({ directories }: Tree, paths: readonly string[]): { root: string; paths: Asked[] }[] {
  const places = new Map<string, RepositoryPlace>(directories.map(({ path, place }) => [path, place]));
  const groups = new Map<string, Asked[]>();
  for (const path of paths) {
    let directory = path;
    do directory = directory.includes('/') ? directory.slice(0, directory.lastIndexOf('/')) : '';
    while (directory !== '' && !places.has(directory));
    const place = places.get(directory);
    if (place === undefined) continue;
    const asked = { path, name: repositoryBelow(place, directory === '' ? path : path.slice(directory.length + 1)) };
    const group = groups.get(place.root);
    if (group === undefined) groups.set(place.root, [asked]);
    else group.push(asked);
  }
  return [...groups].map(([root, asked]) => ({ root, paths: asked }));
}

async function logOf(
  checkout: Checkout,
  root: string,
  asked: readonly Asked[],
): Promise<{ readonly kind: 'log'; readonly revisions: PathRevision[] } | Failed> {
  const args = [
    ...(root === '' ? [] : ['-d', root]),
    '-q',
    'rlog',
    '-N',
    '--',
    ...new Set(asked.map(({ name }) => name)),
  ];
  const chunks: Buffer[] = [];
  const result = await runCvs(checkout, args, (chunk) => chunks.push(chunk));
  const onlyUnknown = result.kind === 'failed' && result.code === 1 && saysOnlyUnknown(result.stderr);
  if (result.kind !== 'ok' && !onlyUnknown) return { kind: 'failed', message: cvsFailure(checkout, args, result) };
  // One file of the repository may be checked out at two places.
  const byName = new Map<string, string[]>();
  for (const { path, name } of asked) byName.set(name, [...(byName.get(name) ?? []), path]);
  const revisions = readLog(Buffer.concat(chunks)).flatMap((of) =>
    pathsOf(of.file, directoryOf(root), byName).map((path) => ({ ...of, path })),
  );
  return { kind: 'log', revisions };
}

/** Whether all that went wrong is that a file is not in the repository. */
function saysOnlyUnknown(stderr: string): boolean {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return lines.some((line) => /cannot find module/.test(line)) && !lines.some((line) => /aborted\]/.test(line));
}

/** The paths in the checkout of what the log calls `/path/module/Attic/a.c,v`; none when it was not asked for. */
function pathsOf(file: string, top: string, byName: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const name = file.replace(/,v$/, '').replace(/(^|\/)Attic(?=\/[^/]*$)/, '');
  if (name.startsWith(`${top}/`)) return byName.get(name.slice(top.length + 1)) ?? [];
  // A server that knows its root by another name.
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
    const paths = byName.get(name.slice(at + 1));
    if (paths !== undefined) return paths;
  }
  return [];
}
