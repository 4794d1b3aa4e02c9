import type { SvnUpdate } from '../../config/project.js';
import { endedByItself, neverStarted } from '../client.js';
import { proveWhole } from '../proof.js';
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
import { readSvn, runSvn, svnFailure } from './command.js';
import { copiedFiles } from './copied.js';
import { type Info, infoOf, pathInRepository, pathOfUrl } from './info.js';
import { logListener } from './log.js';
import { type Status, statusOf } from './status.js';

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
    repair: (checkout, broken) => proveWhole({ currentRevision, localChanges }, checkout, broken),
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
 * no conflict gets into the tree; in mode `reset` they are reverted first. What it leaves half done when it is ended is
 * completed by the next one, after the `svn cleanup` that each begins with.
 */
async function move({ mode }: Source, checkout: Checkout, { head, target = head }: Fetched): Promise<MoveResult> {
  const cleaned = await runSvn(checkout, ['cleanup']);
  if (cleaned.kind !== 'ok') return { kind: 'refused', message: svnFailure(checkout, ['cleanup'], cleaned) };
  const before = await treeState(checkout);
  if (before.kind === 'failed') return { kind: 'refused', message: before.message };
  if (mode === 'fast-forward') {
    const obstacle = await localObstacle(checkout, before.status, target);
    if (obstacle !== undefined) return { kind: 'refused', message: obstacle };
  } else {
    const reverted = await runSvn(checkout, ['revert', '-q', '-R', HERE]);
    if (reverted.kind !== 'ok') return broken(svnFailure(checkout, ['revert', '-R', '.'], reverted));
  }
  const args = ['update', '-r', target, '--accept', 'postpone', HERE];
  const result = await runSvn(checkout, args);
  if (result.kind === 'ok') return { kind: 'moved' };
  const message = svnFailure(checkout, args, result);
  if (neverStarted(result)) return { kind: 'refused', message };
  if (!endedByItself(result)) return broken(message);
  const after = await treeState(checkout);
  const untouched = after.kind === 'state' && after.text === before.text;
  return untouched ? { kind: 'refused', message: `${message}\n(the source tree was not touched)` } : broken(message);
}

function broken(message: string): MoveResult {
  return {
    kind: 'broken',
    message: `${message}\n(the source tree may be half updated: compare it with svn status -v)`,
  };
}

type TreeState = { readonly kind: 'state'; readonly status: Status; readonly text: string };

/** The revision of every file and what is changed locally, so that two equal states say that nothing was touched. */
async function treeState(checkout: Checkout): Promise<TreeState | Failed> {
  const status = await statusOf(checkout, ['-v']);
  if (status.kind === 'failed') return status;
  return { kind: 'state', status, text: JSON.stringify(status.entries) };
}

async function localObstacle(checkout: Checkout, status: Status, target: string): Promise<string | undefined> {
  const local = new Set([...status.modified, ...status.conflicting]);
  if (local.size === 0) return undefined;
  const incoming: string[] = [];
  const read = await readSvn(checkout, ['diff', '--summarize', '--xml', '-r', `BASE:${target}`, HERE], {
    close: (name, text) => {
      if (name === 'path') incoming.push(text);
    },
  });
  if (read.kind === 'failed') return read.message;
  const both = incoming.filter((path) => local.has(path)).sort();
  if (both.length === 0) return undefined;
  const list = both.slice(0, 10).join(', ') + (both.length > 10 ? `, … (${both.length})` : '');
  return `${checkout.source} has local changes to files that the update changes, too: ${list}; commit them or svn revert them\n(the source tree was not touched)`;
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
