import { isDeepStrictEqual } from 'node:util';
import type { SvnUpdate } from '../../config/project.js';
import { endedByItself, neverStarted } from '../client.js';
import type { Change } from '../record.js';
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
    repair: async (checkout, left) => (await import('./repair.js')).repair(source.mode, checkout, left),
    changesBetween,
    localChanges,
    tidy: async () => undefined,
  };
}

async function currentRevision(checkout: Checkout): Promise<RevisionResult> {
  const info = await infoOf(checkout, HERE);
  return info.kind === 'failed' ? info : { kind: 'revision', revision: String(info.revision) };
}

/** There is news when something below the URL has changed: the number alone grows with every commit to the repository. */
async function fetch({ url }: Source, checkout: Checkout, asOf?: Date): Promise<FetchResult> {
  const here = await infoOf(checkout, HERE);
  if (here.kind === 'failed') return here;
  if (url !== undefined && here.url !== url) {
    const message = `${checkout.source} is a checkout of ${here.url}, but the update follows ${url}; switch back with: svn switch ${url}`;
    return { kind: 'failed', message };
  }
  const there = await infoOf(checkout, `${here.url}@`, asOf === undefined ? 'HEAD' : `{${asOf.toISOString()}}`);
  if (there.kind === 'failed') return there;
  const news = there.changed !== here.changed;
  return { kind: 'fetched', head: String(here.revision), target: String((news ? there : here).revision), news };
}

/**
 * `svn update` to the target. In mode `fast-forward` local changes to a file that the update touches refuse it, so that
 * no conflict gets into the tree; in mode `reset` they are reverted. It has moved when a look at the whole tree says so.
 */
async function move({ mode }: Source, checkout: Checkout, { head, target = head }: Fetched): Promise<MoveResult> {
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
    return fault === undefined ? { kind: 'moved' } : broken(`${checkout.source} has ${fault}`);
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
  const [from, to] = [Number(prior), Number(revision)];
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) {
    return { kind: 'failed', message: `not revisions of Subversion: ${JSON.stringify([prior, revision])}` };
  }
  // A tree that went back (the revision of a night) has got no new commits.
  if (to <= from) return { kind: 'changes', changes: [], complete: true };
  const here = await infoOf(checkout, HERE);
  if (here.kind === 'failed') return here;
  const changes: Change[] = [];
  const args = ['log', '--xml', '-v', '-r', `${from + 1}:${to}`, `${here.url}@${to}`];
  const read = await readSvn(checkout, args, logListener(pathInRepository(here), changes));
  if (read.kind === 'failed') return read;
  return withCopies(checkout, here, changes, from, to);
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
