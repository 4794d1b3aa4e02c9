import type { SvnUpdate } from '../../config/project.js';
import { withCommands } from '../proof.js';
import type { Change } from '../record.js';
import { commandText } from '../tool.js';
import type { ChangesResult, Checkout, Failed, FetchResult, LocalChanges, VersionControl } from '../version-control.js';
import { comeFrom } from './advice.js';
import { readSvn } from './command.js';
import { copiedFiles } from './copied.js';
import { areSame } from './definitions.js';
import { externalFaults } from './external-faults.js';
import { type Info, infoOf, pathInRepository, pathOfUrl } from './info.js';
import { logListener } from './log.js';
import { checkedOut, partsOf, revisionOf, revisionThere } from './revision.js';
import { signOf } from './sign.js';
import { statusOf } from './status.js';
import { atHead, type Tree, treeOf } from './tree.js';

/** Subversion, following the URL that is checked out. */
export function svn(update: SvnUpdate): VersionControl {
  // The working copies that the last look at a source has found in it, which take a process to find.
  const inside = new Map<string, readonly string[]>();
  const remember = ({ source }: Checkout, { externals }: Tree): void => {
    inside.set(
      source,
      externals.map(({ path }) => path),
    );
  };
  const look = async (checkout: Checkout): Promise<Tree | Failed> => {
    const tree = await treeOf(checkout);
    if (tree.kind === 'tree') remember(checkout, tree);
    return tree;
  };
  return {
    type: 'svn',
    command: commandText(['svn', 'update', '--non-interactive']),
    async currentRevision(checkout) {
      const tree = await look(checkout);
      return tree.kind === 'failed' ? tree : { kind: 'revision', revision: revisionOf(tree) };
    },
    async fetch(checkout, asOf) {
      const tree = await look(checkout);
      return tree.kind === 'failed' ? tree : fetch(update, tree, checkout, asOf);
    },
    async move(checkout, fetched, begin) {
      begin?.(await localChanges(checkout));
      return (await import('./move.js')).move(update, checkout, fetched);
    },
    repair: async (checkout, left) => (await import('./repair.js')).repair(update, checkout, left),
    async proveTree(checkout, revision) {
      const { lookAt, prove } = await import('./prove.js');
      const seen = await lookAt(update, checkout);
      if ('kind' in seen) return seen;
      remember(checkout, seen.tree);
      return prove(update.mode, seen, revision);
    },
    signOf({ source }) {
      const externals = inside.get(source);
      return externals === undefined ? undefined : signOf(source, externals);
    },
    changesBetween,
    localChanges,
    tidy: async () => undefined,
  };
}

/**
 * There is news when something below the URL has changed, or below that of an external that follows its HEAD: the number alone
 * grows with every commit to the repository.
 */
async function fetch({ url }: SvnUpdate, tree: Tree, checkout: Checkout, asOf?: Date): Promise<FetchResult> {
  const here = tree.info;
  if (url !== undefined && !areSame(here.url, url)) {
    const what = `${checkout.source} is a checkout of ${here.url}, but the update follows ${url}`;
    return {
      kind: 'failed',
      message: withCommands(`${what}. To follow that:`, comeFrom(checkout.source, here.root, url)),
    };
  }
  const there = await infoOf(checkout, atHead(here.url), asOf === undefined ? 'HEAD' : `{${asOf.toISOString()}}`);
  if (there.kind === 'failed') return there;
  if (there.changed !== here.changed || there.date !== here.date) {
    // Not loaded by a run without news.
    const other = await (await import('./other-history.js')).otherHistory(checkout, here, there);
    if (other !== undefined) return other;
  }
  const number = (there.changed === here.changed ? here : there).revision;
  const target = await revisionThere(checkout, tree, number);
  if (typeof target !== 'string') return target;
  const head = revisionOf(tree);
  // What has not come, or comes from where it does not any more, is news of a sort: its revision cannot be known before.
  const isPartial = externalFaults({ source: checkout.source, tree, complete: true }).length > 0;
  return { kind: 'fetched', head, target, news: head !== target || isPartial };
}

async function changesBetween(checkout: Checkout, prior: string, revision: string): Promise<ChangesResult> {
  const [before, after] = [partsOf(prior), partsOf(revision)];
  const [from, to] = [Number(before.number), Number(after.number)];
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) {
    return { kind: 'failed', message: `not revisions of Subversion: ${JSON.stringify([prior, revision])}` };
  }
  const tree = await treeOf(checkout);
  if (tree.kind === 'failed') return tree;
  const own = await changesOf(checkout, tree.info, from, to);
  if (own.kind === 'failed') return own;
  const changes = [...own.changes];
  for (const { path, info } of checkedOut(tree)) {
    const [first, last] = [before.externals.get(path), after.externals.get(path)];
    if (first === undefined || last === undefined) continue;
    const there = await changesOf(checkout, info, first, last);
    if (there.kind === 'failed') return there;
    changes.push(...there.changes.map((change) => within(path, change, info.root === tree.info.root)));
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
