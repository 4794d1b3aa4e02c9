import { join } from 'node:path';
import { outputLines } from '../client.js';
import { failureText, runGit } from '../git/command.js';
import { localChanges } from '../git/status.js';
import { exists } from '../look.js';
import { runSvn } from '../svn/command.js';
import { statusOf as svnStatusOf } from '../svn/status.js';
import type { Checkout, Failed, Proof } from '../version-control.js';
import { asideLine, hgLine, topOf } from './advice.js';
import { rowsOf, texts } from './command.js';
import {
  type Flaw,
  flawsOfConflicts,
  flawsOfMerge,
  flawsOfMissing,
  flawsOfParent,
  flawsOfUnfinished,
  isOccupied,
  type Where,
} from './flaws.js';
import type { Followed } from './heads.js';
import { changesIn, conflictsIn, foreignRepository, pathsOf } from './looks.js';
import { type Subrepository, subrepositoriesOf } from './sub-repositories.js';
import { unfinishedIn } from './unfinished.js';

export interface Looked {
  readonly kind: 'looked';
  readonly flaws: readonly Flaw[];
  readonly modified: readonly string[];
}

/** What hg itself says of all of the tree, asked of each subrepository by itself: `hg status -S` passes over missing ones. */
export async function proveTree(mode: Followed['mode'], checkout: Checkout, revision: string): Promise<Proof> {
  const foreign = await foreignRepository(checkout);
  if (foreign !== undefined) return foreign;
  const looked = await lookAt({ ...checkout, source: topOf(checkout) }, revision, '');
  if (looked.kind === 'failed') return looked;
  const modified = [...new Set(looked.modified)].sort();
  if (looked.flaws.length === 0) return { kind: 'proved', modified };
  const mendable = looked.flaws.every(
    ({ mend, isCleanable }) => mend !== undefined || (mode === 'reset' && isCleanable),
  );
  const faults = looked.flaws.map(({ what, paths, advice }) => ({ what, paths, advice }));
  return { kind: 'faulty', faults, modified, mendable };
}

/** @param checkout whose source is the top of a work tree; paths are named with the prefix before them */
export async function lookAt(checkout: Checkout, revision: string, prefix: string): Promise<Looked | Failed> {
  const [parents, status, conflicts] = await Promise.all([
    rowsOf(checkout, ['log', '-r', 'p1() + p2()'], ['{node}', '{branch}']),
    changesIn(checkout),
    conflictsIn(checkout),
  ]);
  if (parents.kind === 'failed') return parents;
  if (status.kind === 'failed') return status;
  if (conflicts.kind === 'failed') return conflicts;
  const changed = status.entries.some(({ path }) => path === '.hgsub' || path === '.hgsubstate');
  const inside = await subrepositoriesOf(checkout, checkout.source, revision, changed);
  if (inside.kind === 'failed') return inside;
  const looked = await Promise.all(inside.all.map((one) => lookInside(checkout, one, revision, prefix)));
  const failed = looked.find(({ kind }) => kind === 'failed');
  if (failed?.kind === 'failed') return failed;
  const below = looked.flatMap((one) => (one.kind === 'looked' ? [one] : []));
  const missing = status.entries.filter(({ letter }) => letter === '!');
  const unclear = new Set(pathsOf(conflicts.entries));
  const [first, second] = texts(parents.rows);
  const unfinished = unfinishedIn(checkout.source);
  const where: Where = { checkout, prefix, revision };
  // In the order in which a person can end them: the end of a command ends what it had made, too.
  const flaws = [
    ...flawsOfUnfinished(where, unfinished),
    ...flawsOfMerge(where, second, unfinished),
    ...flawsOfConflicts(where, pathsOf(conflicts.entries), unfinished !== undefined || second !== undefined),
    ...flawsOfMissing(where, missing),
    ...flawsOfParent(where, first, texts(parents.rows, 1)[0], unfinished),
    ...below.flatMap((one) => one.flaws),
  ];
  const modified = status.entries
    .filter(({ letter, path }) => letter !== '!' && !unclear.has(path))
    .map(({ path }) => prefix + path);
  return { kind: 'looked', flaws, modified: [...modified, ...below.flatMap((one) => one.modified)] };
}

async function lookInside(
  around: Checkout,
  { path, type, revision }: Subrepository,
  outer: string,
  prefix: string,
): Promise<Looked | Failed> {
  const source = join(around.source, path);
  const own = { hg: '.hg', git: '.git', svn: '.svn' }[type];
  const here = prefix + path;
  if (!exists(join(source, own))) return absent(around, path, here, outer);
  const checkout: Checkout = { ...around, source };
  const found = await foundIn(type, checkout);
  if (found.kind === 'failed') return found;
  // hg itself makes an empty repository of what is not there, when it is asked for anything.
  if (found.revisions.length === 0) return absent(around, path, here, outer);
  const looked: Looked | Failed =
    type === 'hg'
      ? await lookAt(checkout, revision, `${here}/`)
      : { kind: 'looked', flaws: [], modified: found.modified.map((file) => `${here}/${file}`) };
  if (looked.kind === 'failed' || found.revisions.includes(revision)) return looked;
  const flaw: Flaw = {
    what: `a subrepository at ${found.revisions[0]} instead of ${revision}:`,
    paths: [here],
    advice: [hgLine(around, 'revert', '-r', outer, `path:${path}`, ...subrepositoryStates(around))],
    isCleanable: true,
  };
  // Bringing it back ends what is wrong in it, too.
  const inner = looked.flaws.map((one) => (one.isCleanable ? { ...one, advice: [] } : one));
  return { ...looked, flaws: [flaw, ...inner] };
}

/** hg notes a subrepository that it has left elsewhere as a local change. */
function subrepositoryStates({ source }: Checkout): string[] {
  return exists(join(source, '.hgsubstate')) ? ['path:.hgsubstate'] : [];
}

function absent(around: Checkout, path: string, here: string, outer: string): Looked {
  const args = ['revert', '--no-backup', '-r', outer, `path:${path}`];
  const isInTheWay = isOccupied(join(around.source, path));
  const flaw = isInTheWay
    ? {
        what: 'something else stands in the place of',
        paths: [here],
        advice: [asideLine(around.source, path), hgLine(around, ...args)],
        isCleanable: false,
      }
    : {
        what: 'missing subrepositories:',
        paths: [here],
        advice: [hgLine(around, ...args)],
        mend: { checkout: around, args },
        isCleanable: true,
      };
  return { kind: 'looked', flaws: [flaw], modified: [] };
}

interface Found {
  readonly kind: 'found';
  /** What is checked out, by each name that hg may have for it. */
  readonly revisions: readonly string[];
  readonly modified: readonly string[];
}

async function foundIn(type: Subrepository['type'], checkout: Checkout): Promise<Found | Failed> {
  const { client: _, ...inside } = checkout;
  switch (type) {
    case 'hg': {
      const answer = await rowsOf(checkout, ['log', '-r', 'p1()'], ['{node}']);
      return answer.kind === 'failed' ? answer : { kind: 'found', revisions: texts(answer.rows), modified: [] };
    }
    case 'git': {
      const args = ['rev-parse', '--verify', 'HEAD^0'];
      const head = await runGit(inside, args);
      if (head.kind !== 'ok') return { kind: 'failed', message: failureText(inside, args, head) };
      const paths = await localChanges(inside);
      if (paths.kind === 'failed') return paths;
      const modified = [...paths.modified, ...paths.conflicting];
      return { kind: 'found', revisions: outputLines(head), modified };
    }
    case 'svn': {
      const [status, ...shown] = await Promise.all([
        svnStatusOf(inside, []),
        ...['revision', 'last-changed-revision'].map((item) => runSvn(inside, ['info', '--show-item', item])),
      ]);
      if (status.kind === 'failed') return status;
      const revisions = shown.flatMap((result) => (result.kind === 'ok' ? outputLines(result) : []));
      const modified = [...status.modified, ...status.conflicting];
      return { kind: 'found', revisions: revisions.map((text) => text.trim()), modified };
    }
  }
}
