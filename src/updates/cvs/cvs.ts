import { join } from 'node:path';
import type { CvsUpdate } from '../../config/project.js';
import { endedByItself, neverStarted, outputLines } from '../client.js';
import { listed, proveByLooks } from '../proof.js';
import { signByFiles } from '../stamp.js';
import { commandText, type ToolResult } from '../tool.js';
import type {
  BrokenMove,
  ChangesResult,
  Checkout,
  Failed,
  Fetched,
  FetchResult,
  LocalChanges,
  MoveResult,
  RepairResult,
  RevisionResult,
  VersionControl,
} from '../version-control.js';
import { cvsFailure, runCvs } from './command.js';
import { commitsOf, type Step } from './commits.js';
import { digestOf, type Entries, readEntries } from './entries.js';
import { readLog } from './log.js';
import { pathIn, type RepositoryPlace, repositoryOf } from './repository.js';
import { isBetween } from './revision-number.js';
import { rehearse } from './said.js';
import { Snapshots } from './snapshots.js';

/** How the tree follows. */
type Source = Pick<CvsUpdate, 'options' | 'mode'>;

/** As many files as a command line holds without trouble. */
const FILES_AT_ONCE = 200;

/**
 * CVS. Its files have revisions, the tree has none: a digest of all of them stands for it, and the files' revisions at the
 * last digests are kept beside the journal.
 *
 * @param memory the directory for that
 */
export function cvs(source: Source, memory: string): VersionControl {
  const snapshots = new Snapshots(join(memory, 'cvs'));
  return {
    type: 'cvs',
    command: commandText(['cvs', '-z3', ...updateArguments(source, undefined)]),
    currentRevision,
    fetch: (checkout, asOf) => fetch(source, snapshots, checkout, asOf),
    move: (checkout, fetched) => move(source, checkout, fetched),
    repair: (checkout, broken) => repairTree(source, snapshots, checkout, broken),
    changesBetween: (checkout, prior, revision) => changesBetween(snapshots, checkout, prior, revision),
    proveTree: (checkout, revision) => proveByLooks({ currentRevision, localChanges }, checkout, revision),
    // What it does in the directories below shows in their files' revisions, which are that of the tree.
    signOf: (checkout) => signByFiles(checkout.source, 'cvs', ['Entries', 'Entries.Log']),
    localChanges,
    tidy: async () => undefined,
  };
}

async function currentRevision(checkout: Checkout): Promise<RevisionResult> {
  const read = entriesOf(checkout);
  return read.kind === 'failed' ? read : { kind: 'revision', revision: digestOf(read.entries) };
}

type Read = { readonly kind: 'entries'; readonly entries: Entries } | Failed;

function entriesOf({ source }: Checkout): Read {
  try {
    return { kind: 'entries', entries: readEntries(source) };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

/** `-A` first: it forgets the date that a Nightly update leaves behind, and `-D` then sets another one. */
function updateArguments({ options, mode }: Source, asOf: Date | undefined): string[] {
  const clean = mode === 'reset' ? ['-C'] : [];
  const date = asOf === undefined ? [] : ['-D', `${asOf.toISOString().slice(0, 19).replace('T', ' ')} UTC`];
  return ['update', ...options, ...clean, ...date];
}

/** In mode `fast-forward` local changes to a file that the update touches are a failure: it would leave a conflict. */
async function fetch(source: Source, snapshots: Snapshots, checkout: Checkout, asOf?: Date): Promise<FetchResult> {
  const here = entriesOf(checkout);
  if (here.kind === 'failed') return here;
  snapshots.keep(here.entries);
  const rehearsal = await rehearse(checkout, updateArguments(source, asOf));
  if (rehearsal.kind === 'failed') return rehearsal;
  const { conflicting, news } = rehearsal;
  if (source.mode === 'fast-forward' && conflicting.length > 0) {
    const list = conflicting.slice(0, 10).join(', ') + (conflicting.length > 10 ? `, … (${conflicting.length})` : '');
    const message = `${checkout.source} has local changes to files that the update changes, too: ${list}; commit them or cvs update -C\n(the source tree was not touched)`;
    return { kind: 'failed', message };
  }
  return { kind: 'fetched', head: digestOf(here.entries), target: undefined, news, asOf };
}

/** `cvs update`. It works file by file and undoes nothing; what it leaves half done the next one completes. */
async function move(source: Source, checkout: Checkout, { asOf }: Fetched): Promise<MoveResult> {
  const before = entriesOf(checkout);
  if (before.kind === 'failed') return { kind: 'refused', message: before.message };
  const args = ['-z3', '-q', ...updateArguments(source, asOf)];
  const result = await runCvs(checkout, args);
  if (result.kind === 'ok') return judgeMoved(checkout, result);
  const message = cvsFailure(checkout, args, result);
  if (neverStarted(result)) return { kind: 'refused', message };
  const after = entriesOf(checkout);
  const untouched =
    endedByItself(result) && after.kind === 'entries' && digestOf(after.entries) === digestOf(before.entries);
  return untouched
    ? { kind: 'refused', message: `${message}\n(the source tree was not touched)` }
    : { kind: 'broken', message: `${message}\n(the source tree may be half updated: compare it with cvs -n update)` };
}

/** Some servers have exit code 0 over conflicts. */
function judgeMoved({ source }: Checkout, result: ToolResult & { readonly kind: 'ok' }): MoveResult {
  const conflicting = outputLines(result).flatMap((line) => (line.startsWith('C ') ? [line.slice(2)] : []));
  if (conflicting.length === 0) return { kind: 'moved' };
  return { kind: 'broken', message: `${source} has conflicts after its update, in ${listed(conflicting)}` };
}

async function repairTree(
  source: Source,
  snapshots: Snapshots,
  checkout: Checkout,
  broken: BrokenMove,
): Promise<RepairResult> {
  const here = entriesOf(checkout);
  if (here.kind === 'failed') return here;
  const update = updateArguments(source, undefined);
  const past = snapshots.of(broken.from);
  const { repair } = await import('./repair.js');
  const repaired = await repair({ checkout, mode: source.mode, update, broken, past, present: here.entries });
  if (repaired.kind !== 'updated') return repaired;
  const head = await currentRevision(checkout);
  return head.kind === 'failed' ? head : { kind: 'whole', revision: head.revision };
}

async function changesBetween(
  snapshots: Snapshots,
  checkout: Checkout,
  prior: string,
  revision: string,
): Promise<ChangesResult> {
  const present = entriesOf(checkout);
  if (present.kind === 'failed') return present;
  if (digestOf(present.entries) !== revision) {
    return { kind: 'failed', message: `${checkout.source} was changed while it was looked at` };
  }
  snapshots.keep(present.entries);
  const past = snapshots.of(prior);
  if (past === undefined) return { kind: 'changes', changes: [], complete: false };
  const steps = stepsBetween(past, present.entries);
  const place = repositoryOf(checkout.source);
  if (place.kind === 'failed') return place;
  const logs: Buffer[] = [];
  const paths = [...steps.keys()];
  for (let at = 0; at < paths.length; at += FILES_AT_ONCE) {
    const log = await logOf(checkout, place, paths.slice(at, at + FILES_AT_ONCE));
    if (log.kind === 'failed') return log;
    logs.push(log.bytes);
  }
  const revisions = logs
    .flatMap((bytes) => readLog(bytes))
    .flatMap((of) => {
      const path = pathIn(place, of.file);
      return path !== undefined && belongs(of, steps.get(path)) ? [{ ...of, path }] : [];
    });
  snapshots.keepOnly([prior, revision]);
  return { kind: 'changes', changes: commitsOf(revisions, steps), complete: true };
}

function stepsBetween(past: Entries, present: Entries): Map<string, Step> {
  const steps = new Map<string, Step>();
  for (const path of [...new Set([...past.keys(), ...present.keys()])].sort()) {
    const step = { path, prior: past.get(path), revision: present.get(path) };
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

async function logOf(
  checkout: Checkout,
  { module }: RepositoryPlace,
  paths: readonly string[],
): Promise<{ readonly kind: 'output'; readonly bytes: Buffer } | Failed> {
  const args = ['-q', 'rlog', '-N', '--', ...paths.map((path) => `${module}/${path}`)];
  const chunks: Buffer[] = [];
  const result = await runCvs(checkout, args, (chunk) => chunks.push(chunk));
  if (result.kind !== 'ok') return { kind: 'failed', message: cvsFailure(checkout, args, result) };
  return { kind: 'output', bytes: Buffer.concat(chunks) };
}

/** Asks the server, as cvs itself cannot tell without. */
async function localChanges(checkout: Checkout): Promise<LocalChanges | Failed> {
  const rehearsal = await rehearse(checkout, ['update']);
  if (rehearsal.kind === 'failed') return rehearsal;
  return { kind: 'local', modified: rehearsal.modified, conflicting: rehearsal.conflicting };
}
