import { isDeepStrictEqual } from 'node:util';
import type { SvnUpdate } from '../../config/project.js';
import { endedByItself, neverStarted } from '../client.js';
import { proveByLooks } from '../proof.js';
import type { Change } from '../record.js';
import { signByFiles } from '../stamp.js';
import { commandText } from '../tool.js';
import type {
  ChangesResult,
  Checkout,
  Failed,
  Fetched,
  FetchResult,
  LocalChanges,
  MoveResult,
  RevisionResult,
  VersionControl,
} from '../version-control.js';
import { readSvn } from './command.js';
import { copiedFiles } from './copied.js';
import { externalsThere, followingExternals, partsOf, revisionWith } from './externals.js';
import { type Info, infoOf, pathInRepository, pathOfUrl } from './info.js';
import { releaseLocks } from './locks.js';
import { logListener } from './log.js';
import { obstacleTo } from './obstacle.js';
import { statusOf } from './status.js';
import { updateTo } from './update.js';
import { faultOf } from './whole.js';

/** The directory of the working copy; the `@` keeps svn from looking for a peg revision. */
const HERE = '.@';

/** How the tree follows. */
type Source = Pick<SvnUpdate, 'url' | 'mode'>;

/** Subversion, following the URL that is checked out. A revision is its number. */
export function svn(source: Source): VersionControl {
  return {
    type: 'svn',
    command: commandText(['svn', 'update', '--non-interactive']),
    currentRevision,
    fetch: (checkout, asOf) => fetch(source, checkout, asOf),
    move: (checkout, fetched) => move(source, checkout, fetched),
    repair: async (checkout, left) =>
      (await import('./repair.js')).repair(source.mode, currentRevision, checkout, left),
    changesBetween,
    proveTree: (checkout, revision) => proveByLooks({ currentRevision, localChanges }, checkout, revision),
    signOf: (checkout) => signByFiles(checkout.source, 'svn', ['wc.db', 'wc.db-journal']),
    localChanges,
    tidy: async () => undefined,
  };
}

async function currentRevision(checkout: Checkout): Promise<RevisionResult> {
  const info = await infoOf(checkout, HERE);
  if (info.kind === 'failed') return info;
  const externals = await followingExternals(checkout);
  if (externals.kind === 'failed') return externals;
  return { kind: 'revision', revision: revisionWith(String(info.revision), externals) };
}

/**
 * There is news when something below the URL has changed, or below that of an external that follows its HEAD: the number alone
 * grows with every commit to the repository.
 */
async function fetch({ url }: Source, checkout: Checkout, asOf?: Date): Promise<FetchResult> {
  const here = await infoOf(checkout, HERE);
  if (here.kind === 'failed') return here;
  if (url !== undefined && here.url !== url) {
    const message = `${checkout.source} is a checkout of ${here.url}, but the update follows ${url}; switch back with: svn switch ${url}`;
    return { kind: 'failed', message };
  }
  const there = await infoOf(checkout, `${here.url}@`, asOf === undefined ? 'HEAD' : `{${asOf.toISOString()}}`);
  if (there.kind === 'failed') return there;
  const externals = await followingExternals(checkout);
  if (externals.kind === 'failed') return externals;
  const elsewhere = await externalsThere(checkout, externals);
  if (elsewhere.kind === 'failed') return elsewhere;
  const own = there.changed !== here.changed;
  const head = revisionWith(String(here.revision), externals);
  const target = revisionWith(String((own ? there : here).revision), elsewhere);
  return { kind: 'fetched', head, target, news: head !== target };
}

/**
 * `svn update` to the target. In mode `fast-forward` local changes to a file that the update touches refuse it, so that
 * no conflict gets into the tree; in mode `reset` they are reverted. It has moved when a look at the whole tree says so.
 */
async function move({ mode }: Source, checkout: Checkout, fetched: Fetched): Promise<MoveResult> {
  const target = partsOf(fetched.target ?? fetched.head).number;
  const locks = await statusOf(checkout, [], 'with-externals');
  if (locks.kind === 'failed') return { kind: 'refused', message: locks.message };
  const released = await releaseLocks(checkout, locks);
  if (released.kind === 'refused') return released;
  if (released.kind === 'failed') return broken(released.message);
  const before = await statusOf(checkout, ['-v']);
  if (before.kind === 'failed') return { kind: 'refused', message: before.message };
  if (mode === 'fast-forward') {
    const obstacle = await obstacleTo(checkout, before, target);
    if (obstacle !== undefined) return { kind: 'refused', message: `${obstacle}\n(the source tree was not touched)` };
  }
  const updated = await updateTo(mode, checkout, target);
  const after = await statusOf(checkout, ['-v']);
  if (updated.kind === 'updated') {
    if (after.kind === 'failed') return broken(after.message);
    const fault = faultOf(after, target, before.modified);
    if (fault !== undefined) return broken(`${checkout.source} has ${fault}`);
    // Externals go to what is newest now, which nobody can know before.
    const now = await currentRevision(checkout);
    if (now.kind === 'failed') return broken(now.message);
    return now.revision === fetched.target ? { kind: 'moved' } : { kind: 'moved', revision: now.revision };
  }
  const { message, result, first } = updated;
  if (first && neverStarted(result)) return { kind: 'refused', message };
  const untouched = after.kind === 'status' && isDeepStrictEqual(after.entries, before.entries);
  return endedByItself(result) && untouched
    ? { kind: 'refused', message: `${message}\n(the source tree was not touched)` }
    : broken(message);
}

function broken(message: string): MoveResult {
  return {
    kind: 'broken',
    message: `${message}\n(the source tree may be half updated: compare it with svn status -v)`,
  };
}

async function changesBetween(checkout: Checkout, prior: string, revision: string): Promise<ChangesResult> {
  const [before, after] = [partsOf(prior), partsOf(revision)];
  const [from, to] = [Number(before.number), Number(after.number)];
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) {
    return { kind: 'failed', message: `not revisions of Subversion: ${JSON.stringify([prior, revision])}` };
  }
  const here = await infoOf(checkout, HERE);
  if (here.kind === 'failed') return here;
  const own = await changesOf(checkout, here, from, to);
  if (own.kind === 'failed' || after.externals.size === 0) return own;
  const externals = await followingExternals(checkout);
  if (externals.kind === 'failed') return externals;
  const changes = [...own.changes];
  for (const [path, info] of externals.infos) {
    const [first, last] = [before.externals.get(path), after.externals.get(path)];
    if (first === undefined || last === undefined) continue;
    const found = await changesOf(checkout, info, first, last);
    if (found.kind === 'failed') return found;
    changes.push(...found.changes.map((change) => within(path, change, info.root === here.root)));
  }
  return { kind: 'changes', changes, complete: true };
}

/** A change of an external as one of the tree; the numbers of another repository mean something else. */
function within(path: string, change: Change, sameRepository: boolean): Change {
  const files = change.files.map((file) => ({ ...file, path: file.path === '' ? path : `${path}/${file.path}` }));
  return { ...change, files, ...(!sameRepository && { revision: `${change.revision}@${path}` }) };
}

async function changesOf(checkout: Checkout, info: Info, from: number, to: number): Promise<ChangesResult> {
  // A tree that went back (the revision of a night) has got no new commits.
  if (to <= from) return { kind: 'changes', changes: [], complete: true };
  const changes: Change[] = [];
  const args = ['log', '--xml', '-v', '-r', `${from + 1}:${to}`, `${info.url}@${to}`];
  const read = await readSvn(checkout, args, logListener(pathInRepository(info), changes));
  if (read.kind === 'failed') return read;
  return withCopies(checkout, info, changes, from, to);
}

/** The log names a copied directory and not the files in it. */
async function withCopies(
  checkout: Checkout,
  here: Info,
  changes: readonly Change[],
  from: number,
  to: number,
): Promise<ChangesResult> {
  if (!changes.some(({ files }) => files.some(({ status }) => status === 'copied'))) {
    return { kind: 'changes', changes: [...changes], complete: true };
  }
  const added: string[] = [];
  let kind = '';
  const args = ['diff', '--summarize', '--xml', `${here.url}@${from}`, `${here.url}@${to}`];
  const read = await readSvn(checkout, args, {
    open: (name, attributes) => {
      if (name === 'path') kind = attributes['item'] ?? '';
    },
    close: (name, text) => {
      if (name === 'path' && kind === 'added') added.push(pathOfUrl(text.slice(here.url.length + 1)));
    },
  });
  if (read.kind === 'failed') return read;
  return { kind: 'changes', changes: copiedFiles(changes, added), complete: true };
}

async function localChanges(checkout: Checkout): Promise<LocalChanges | Failed> {
  const status = await statusOf(checkout, []);
  if (status.kind === 'failed') return status;
  return { kind: 'local', modified: status.modified, conflicting: status.conflicting };
}
