import { existsSync, lstatSync, rmSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { real, workTreeOf } from '../../config/work-tree.js';
import { readRegularFile } from '../../files/atomic-file.js';
import { namesIn, removeIfThere } from '../../files/directory-entries.js';
import { asideLine } from '../aside.js';
import { endedByItself, outputLines } from '../client.js';
import { exists, look } from '../look.js';
import { listed, withCommands } from '../proof.js';
import { decodeText } from '../text.js';
import type {
  BrokenMove,
  Checkout,
  Failed,
  Fetched,
  MoveResult,
  Proof,
  RepairResult,
  VersionControl,
} from '../version-control.js';
import { failureText, type Looked, nulSeparated, runGit } from './command.js';
import { currentRevision } from './head.js';
import { signOfWorkTree } from './sign.js';
import { localChanges } from './status.js';
import { findPlaces } from './tree-state.js';

/** Which submodules follow: all that the tree names, or those that are initialised, as with CTest. */
export type Following = 'all' | 'initialised';

/**
 * git with submodules that follow the tree: those that it names are fetched before anything moves, and checked out after
 * it has moved, nested ones too. The revision that is recorded stays that of the tree, which names theirs. A tree without
 * `.gitmodules` costs nothing more.
 *
 * A submodule whose commit could not be fetched when the tree had moved already leaves the update broken: a build of new
 * sources with old submodules was never committed.
 */
export function withSubmodules(
  git: VersionControl,
  mode: 'fast-forward' | 'reset',
  following: Following,
): VersionControl {
  return {
    ...git,
    async currentRevision(checkout) {
      const head = await git.currentRevision(checkout);
      if (head.kind === 'failed' || !namesSubmodules(checkout)) return head;
      const strayed = await strayedSubmodules(checkout, following);
      if (!Array.isArray(strayed)) return strayed;
      return strayed.length === 0 ? head : { ...head, strayed: `submodules at another commit: ${strayed.join(', ')}` };
    },
    async proveTree(checkout, revision) {
      const proof = await git.proveTree(checkout, revision);
      if (proof.kind === 'failed' || !namesSubmodules(checkout)) return proof;
      const lines = await linesOf(checkout);
      if (lines.kind === 'failed') return lines;
      const strayed = await strayedAmong(checkout, lines.value, following);
      // Not loaded by a run that has nothing to look at.
      const { proveInside, withInside } = await import('./inside.js');
      const inside = await proveInside(mode, checkout, checkedOutAmong(lines.value));
      if (inside.kind === 'failed') return inside;
      const proved = withInside(proof, inside);
      return strayed.length === 0 ? proved : withStrayed(proved, strayed);
    },
    signOf(checkout) {
      const tree = git.signOf(checkout);
      return tree === undefined || !namesSubmodules(checkout)
        ? tree
        : [tree, ...signsBelow(checkout.source)].join('\n');
    },
    async fetch(checkout, asOf) {
      const fetched = await git.fetch(checkout, asOf);
      if (fetched.kind === 'failed' || !namesSubmodules(checkout)) return fetched;
      const standing = await standingInPlace(checkout);
      if (standing !== undefined) return { kind: 'failed', message: standing };
      if (fetched.news) return (await fetchSubmodules(checkout, fetched)) ?? fetched;
      // An interrupted update, or a person, has left them elsewhere: they come back.
      const strayed = await strayedSubmodules(checkout, following);
      return Array.isArray(strayed) ? { ...fetched, news: strayed.length > 0 } : strayed;
    },
    async move(checkout, fetched, begin) {
      const isThere = fetched.target === fetched.head;
      if (isThere) begin?.(await git.localChanges(checkout));
      const moved = isThere ? ({ kind: 'moved' } as const) : await git.move(checkout, fetched, begin);
      return moved.kind === 'moved' && namesSubmodules(checkout) ? await checkOut(checkout, mode, following) : moved;
    },
    async repair(checkout, broken) {
      const repaired = await git.repair(checkout, broken);
      if (repaired.kind !== 'whole' || !namesSubmodules(checkout)) return repaired;
      return (await repairSubmodules(checkout, mode, following, broken)) ?? repaired;
    },
  };
}

/** They come back with the next move, unless something else keeps the tree from that. */
function withStrayed(proof: Exclude<Proof, Failed>, paths: readonly string[]): Proof {
  const faults = proof.kind === 'faulty' ? proof.faults : [];
  const strayed = { what: 'submodules at another commit:', paths, advice: [] };
  const mendable = proof.kind === 'proved' || proof.mendable;
  return { kind: 'faulty', faults: [...faults, strayed], modified: proof.modified, mendable };
}

/** Submodules of submodules of …; git itself goes no deeper than a path may be long. */
const DEEPEST = 16;

/** The signs of all submodules that are checked out. */
function signsBelow(source: string, depth = 0): string[] {
  return (depth > DEEPEST ? [] : placesNamedIn(source))
    .filter((path) => existsSync(join(path, '.git')))
    .flatMap((path) => [signOfWorkTree({ source: path }) ?? '', ...signsBelow(path, depth + 1)]);
}

/** Where the submodules of a tree are, absolute. Costs no process. */
function placesNamedIn(source: string): string[] {
  const top = workTreeOf(source, 'git')?.top ?? source;
  const text = readRegularFile(join(top, '.gitmodules')) ?? '';
  return [...text.matchAll(/^\s*path\s*=\s*"?(.*?)"?\s*$/gm)].map((match) => join(top, match[1] ?? ''));
}

/** Whether the tree has a `.gitmodules`; costs no process. */
function namesSubmodules({ source }: Checkout): boolean {
  return existsSync(join(workTreeOf(source, 'git')?.top ?? source, '.gitmodules'));
}

/**
 * Fetches, within those that are checked out, the commits that the new revision names and that are not there yet. One that is new
 * cannot be fetched beforehand.
 */
async function fetchSubmodules(checkout: Checkout, { head, target }: Fetched): Promise<Failed | undefined> {
  if (target === undefined) return undefined;
  const places = await findPlaces(checkout);
  if (places.kind === 'failed') return places;
  const options = ['-r', '-z', '--raw', '--abbrev=64', '--no-renames', '--no-ext-diff', '--no-relative'];
  const entries = await nulSeparated(checkout, ['diff-tree', ...options, head, target, '--']);
  if (entries.kind === 'failed') return entries;
  for (let index = 0; index + 1 < entries.value.length; index += 2) {
    const commit = /^:\d+ 160000 \S+ (\S+) /.exec(String(entries.value[index]))?.[1];
    const source = join(places.value.top, String(entries.value[index + 1]));
    if (commit === undefined || !existsSync(join(source, '.git'))) continue;
    const inside = { ...checkout, source };
    if ((await runGit(inside, ['cat-file', '-e', `${commit}^{commit}`])).kind === 'ok') continue;
    for (const args of [
      ['fetch', '--quiet', '--no-auto-gc'],
      ['submodule', 'foreach', '--recursive', '--quiet', 'git fetch --quiet --no-auto-gc'],
    ]) {
      const result = await runGit(inside, args);
      if (result.kind !== 'ok') return { kind: 'failed', message: failureText(inside, args, result) };
    }
  }
  return undefined;
}

/** Repairs each submodule that is checked out, as the tree itself was; then all of them follow the tree. */
async function repairSubmodules(
  checkout: Checkout,
  mode: 'fast-forward' | 'reset',
  following: Following,
  broken: BrokenMove,
): Promise<Exclude<RepairResult, { kind: 'whole' }> | undefined> {
  await removeHalfClones(checkout);
  const args = ['submodule', 'foreach', '--recursive', '--quiet', 'printf "%s\\n" "$toplevel/$sm_path"'];
  const listed = await runGit(checkout, args);
  if (listed.kind !== 'ok') return { kind: 'failed', message: failureText(checkout, args, listed) };
  for (const source of outputLines(listed).filter((line) => line !== '')) {
    const inside = { ...checkout, source };
    const path = relative(checkout.source, source);
    const from = await submoduleAt(checkout, broken.from, path);
    const to = broken.to === undefined ? undefined : await submoduleAt(checkout, broken.to, path);
    const head = await currentRevision(inside);
    if (head.kind === 'failed') return head;
    const within = { from: from ?? head.revision, to, local: [], otherHost: broken.otherHost };
    const { repairGit } = await import('./repair.js');
    const repaired = await repairGit({ currentRevision, localChanges }, mode, inside, within);
    if (repaired.kind !== 'whole') return repaired;
  }
  const moved = await checkOut(checkout, mode, following);
  return moved.kind === 'moved' ? undefined : { kind: 'failed', message: moved.message };
}

/**
 * Removes clones of submodules that were killed before they had a commit: git takes such a clone for a whole one, and
 * every later `git submodule update` fails in it.
 */
async function removeHalfClones(checkout: Checkout): Promise<void> {
  const places = await findPlaces(checkout);
  if (places.kind === 'failed') return;
  for (const { name, path } of await namedSubmodules(checkout)) {
    const clone = join(places.value.commonDirectory, 'modules', name);
    if (!existsSync(clone)) continue;
    const tree = join(places.value.top, path);
    const born = await runGit({ ...checkout, source: clone }, ['--git-dir=.', 'rev-parse', '--verify', 'HEAD^0']);
    if (born.kind !== 'failed' || born.signal !== null || namesIn(tree).some((entry) => entry !== '.git')) continue;
    rmSync(clone, { recursive: true, force: true });
    if (lstatSync(join(tree, '.git'), { throwIfNoEntry: false })?.isFile()) removeIfThere(join(tree, '.git'));
    checkout.log?.(`removed ${clone}, left by a clone that was killed before it had a commit`);
  }
}

interface NamedSubmodule {
  readonly name: string;
  /** From the top of the work tree, as `.gitmodules` has it. */
  readonly path: string;
  /** From the source, as `git submodule status` has it. */
  readonly fromSource: string;
  /** As in .gitmodules: `none` means that it is not to be checked out. */
  readonly update: string | undefined;
}

/** What .gitmodules says; names that would lead out of the repository are none of git's either. */
async function namedSubmodules(checkout: Checkout): Promise<NamedSubmodule[]> {
  const args = ['config', '--null', '--file', '.gitmodules', '--get-regexp', '^submodule\\..*\\.(path|update)$'];
  const places = await findPlaces(checkout);
  if (places.kind === 'failed') return [];
  const result = await runGit({ ...checkout, source: places.value.top }, args);
  if (result.kind !== 'ok') return [];
  const values = new Map(
    result.stdout
      .toString('utf8')
      .split('\0')
      .map((entry) => [entry.slice(0, entry.indexOf('\n')), entry.slice(entry.indexOf('\n') + 1)] as const),
  );
  const [here, top] = [real(checkout.source), real(places.value.top)];
  return [...values].flatMap(([key, path]) => {
    const name = /^submodule\.(.+)\.path$/s.exec(key)?.[1];
    if (name === undefined || [name, path].some((one) => isAbsolute(one) || one.split('/').includes('..'))) return [];
    return [
      { name, path, fromSource: relative(here, join(top, path)), update: values.get(`submodule.${name}.update`) },
    ];
  });
}

/** The commit of a submodule that a revision of the tree names; undefined for a nested one, which it does not. */
async function submoduleAt(checkout: Checkout, revision: string, path: string): Promise<string | undefined> {
  const result = await runGit(checkout, ['rev-parse', '--verify', '--quiet', `${revision}:./${path}`]);
  return result.kind === 'ok' ? outputLines(result)[0] : undefined;
}

/** What `git submodule update` puts into place. Where the URL of one has changed, it is taken over first, as CTest does. */
async function checkOut(checkout: Checkout, mode: 'fast-forward' | 'reset', following: Following): Promise<MoveResult> {
  const options = ['--recursive', ...(mode === 'reset' ? ['--force'] : [])];
  const update = ['submodule', 'update', ...(following === 'all' ? ['--init'] : [])];
  for (const args of [
    ['submodule', 'sync', '--recursive', '--quiet'],
    ['-c', 'gc.auto=0', ...update, ...options],
  ]) {
    const first = await runGit(checkout, args);
    // A post-checkout hook that fails makes a failure of what has been done: then there is nothing left to do, unless git is told to
    // check out each of them once more. Whether all is as it should be, the proof of the tree will show.
    const again = args.filter((word) => word !== '--force');
    const result = first.kind === 'failed' && endedByItself(first) ? await runGit(checkout, again) : first;
    if (result.kind === 'ok') continue;
    const advice = `(the source tree was updated, but its submodules were not: run git ${update.join(' ')} --recursive in ${checkout.source}, then stagelock unlock)`;
    return { kind: 'broken', message: `${failureText(checkout, args, result)}\n${advice}` };
  }
  return { kind: 'moved' };
}

/** What `git submodule status` says of one. */
interface Line {
  /** `-` when it is not checked out, `+` when it is elsewhere, `U` when its commit is in conflict. */
  readonly sign: string;
  readonly commit: string;
  /** From the source. */
  readonly path: string;
}

async function linesOf(checkout: Checkout): Promise<Looked<Line[]>> {
  const args = ['submodule', 'status', '--recursive'];
  const result = await runGit(checkout, args);
  if (result.kind !== 'ok') return { kind: 'failed', message: failureText(checkout, args, result) };
  const lines = outputLines(result).flatMap((line) => {
    const [, sign, commit, path] = /^([-+U ])(\w+) (.*?)(?: \([^)]*\))?$/s.exec(line) ?? [];
    if (sign === undefined || commit === undefined || path === undefined) return [];
    return [{ sign, commit, path: decodeText(Buffer.from(path)) }];
  });
  return { kind: 'seen', value: lines };
}

const checkedOutAmong = (lines: readonly Line[]): Line[] => lines.filter(({ sign }) => sign === ' ' || sign === '+');

/** The paths of those that are not at the commit that the tree names, or, if they are to follow, not there at all. */
async function strayedSubmodules(checkout: Checkout, following: Following): Promise<string[] | Failed> {
  const lines = await linesOf(checkout);
  return lines.kind === 'failed' ? lines : strayedAmong(checkout, lines.value, following);
}

async function strayedAmong(checkout: Checkout, lines: readonly Line[], following: Following): Promise<string[]> {
  const absent = lines.filter(({ sign }) => sign === '-');
  const initialised =
    following === 'all' || absent.length === 0 ? undefined : new Set(await initialisedPaths(checkout));
  const strayed = lines.filter(({ sign, path }) => (sign === '-' ? (initialised?.has(path) ?? true) : sign !== ' '));
  const notFollowing = strayed.length === 0 ? new Set<string>() : await ledElsewhere(checkout);
  return strayed.map(({ path }) => path).filter((path) => !notFollowing.has(path));
}

/** Those of the tree itself that `git submodule update` checks out, from the source. */
async function initialisedPaths(checkout: Checkout): Promise<string[]> {
  const result = await runGit(checkout, ['config', '--null', '--get-regexp', '^submodule\\..*\\.url$']);
  const keys = result.kind === 'ok' ? result.stdout.toString('utf8').split('\0') : [];
  const names = new Set(keys.map((one) => /^submodule\.(.+)\.url\n/s.exec(one)?.[1]));
  const named = await namedSubmodules(checkout);
  return named.filter(({ name }) => names.has(name)).map(({ fromSource }) => fromSource);
}

function isOccupied(place: string): boolean {
  const stat = look(place);
  if (stat === undefined || exists(join(place, '.git'))) return false;
  return !stat.isDirectory() || namesIn(place).length > 0;
}

/** What keeps git from checking out a submodule that was: files that it finds there without a repository. @returns what to tell a person */
async function standingInPlace(checkout: Checkout): Promise<string | undefined> {
  const { source } = checkout;
  if (!placesNamedIn(source).some(isOccupied)) return undefined;
  const paths = (await initialisedPaths(checkout)).filter((path) => isOccupied(join(source, path)));
  if (paths.length === 0) return undefined;
  const places = paths.map((path) => join(source, path));
  const message = `In ${source} something else stands in the place of submodules: ${listed(paths)}. To put it aside:`;
  return withCommands(message, places.map(asideLine));
}

/** The paths of those that are configured not to be checked out, or to be merged or rebased, or moved by a command. */
async function ledElsewhere(checkout: Checkout): Promise<Set<string>> {
  const result = await runGit(checkout, ['config', '--null', '--get-regexp', '^submodule\\..*\\.update$']);
  const entries = result.kind === 'ok' ? result.stdout.toString('utf8').split('\0') : [];
  const configured = new Map(
    entries.map((entry) => {
      const [key = '', value = ''] = entry.split('\n');
      return [/^submodule\.(.+)\.update$/.exec(key)?.[1] ?? '', value] as const;
    }),
  );
  const named = await namedSubmodules(checkout);
  return new Set(
    named
      .filter(({ name, update }) => !['checkout', undefined].includes(configured.get(name) ?? update))
      .map(({ fromSource }) => fromSource),
  );
}
