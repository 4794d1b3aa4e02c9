import type { HgUpdate } from '../../config/project.js';
import { real, workTreeOf } from '../../config/work-tree.js';
import { endedByItself, neverStarted } from '../client.js';
import { listed, proveByLooks } from '../proof.js';
import { signByFiles } from '../stamp.js';
import { decodeText } from '../text.js';
import { commandText, type ToolResult } from '../tool.js';
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
import { hgFailure, readHg, runHg } from './command.js';
import { LOG_TEMPLATE, readLog } from './log.js';
import { repair, unfinishedIn } from './repair.js';

/** What is followed, and how the tree follows. */
type Source = Pick<HgUpdate, 'branch' | 'mode'>;

/** Mercurial, following one named branch of the default path. */
export function hg(source: Source): VersionControl {
  return {
    type: 'hg',
    command: commandText(['hg', 'pull', '--branch', source.branch]),
    currentRevision,
    fetch: (checkout, asOf) => fetch(source, checkout, asOf),
    move: (checkout, fetched) => move(source, checkout, fetched),
    repair: (checkout, left) => repair(source.mode, { currentRevision, localChanges }, checkout, left),
    changesBetween,
    proveTree: (checkout, revision) => proveByLooks({ currentRevision, localChanges }, checkout, revision),
    signOf: (checkout) => signByFiles(checkout.source, 'hg', ['dirstate', 'merge/state2', 'updatestate']),
    localChanges,
    tidy: async () => undefined,
  };
}

type Answer = { readonly kind: 'answer'; readonly lines: string[] } | Failed;

/** The lines that a command writes. */
async function ask(checkout: Checkout, args: readonly string[]): Promise<Answer> {
  const output = await readHg(checkout, args);
  if (output.kind === 'failed') return output;
  const text = decodeText(output.bytes).replace(/\n$/, '');
  return { kind: 'answer', lines: text === '' ? [] : text.split('\n') };
}

const revisionsOf = (checkout: Checkout, revset: string): Promise<Answer> =>
  ask(checkout, ['log', '-r', revset, '-T', '{node}\n']);

/** As of git: hg, too, goes on looking above a source whose own `.hg` is gone. */
async function foreignRepository(checkout: Checkout): Promise<Failed | undefined> {
  const { source } = checkout;
  const top = workTreeOf(source, 'hg')?.top;
  if (top === undefined || top === real(source)) return undefined;
  const args = ['files', '-T', '', '.'];
  const result = await runHg(checkout, args);
  if (result.kind === 'ok') return undefined;
  if (result.kind !== 'failed' || result.code !== 1) {
    return { kind: 'failed', message: hgFailure(checkout, args, result) };
  }
  return { kind: 'failed', message: `${source} has no .hg of its own, and nothing of it is in the repository ${top}` };
}

async function currentRevision(checkout: Checkout): Promise<RevisionResult> {
  const foreign = await foreignRepository(checkout);
  if (foreign !== undefined) return foreign;
  const answer = await revisionsOf(checkout, '.');
  if (answer.kind === 'failed') return answer;
  const [revision] = answer.lines;
  if (revision === undefined)
    return { kind: 'failed', message: `nothing is checked out in ${checkout.source}; hg update` };
  return { kind: 'revision', revision };
}

/**
 * Pulls the branch and finds its newest head. In mode `fast-forward` a tree on another branch, or with commits that the
 * other side does not have, is a failure. What a killed pull has left is rolled back first.
 */
async function fetch({ branch, mode }: Source, checkout: Checkout, asOf?: Date): Promise<FetchResult> {
  const foreign = await foreignRepository(checkout);
  if (foreign !== undefined) return foreign;
  // hg exits with 1 when a pull has left unresolved files, which a pull without update never does.
  const args = ['pull', '--branch', branch];
  const pulled = await pull(checkout, args);
  if (pulled.kind !== 'ok') return { kind: 'failed', message: hgFailure(checkout, args, pulled) };
  const here = await ask(checkout, ['log', '-r', '.', '-T', '{node}\n{branch}\n']);
  if (here.kind === 'failed') return here;
  const [head = '', checkedOut = ''] = here.lines;
  const ofBranch = `branch(${JSON.stringify(`literal:${branch}`)})`;
  const before = asOf === undefined ? '' : ` and date("<${Math.floor(asOf.getTime() / 1000)} 0")`;
  const newest = await revisionsOf(
    checkout,
    `max(${ofBranch}${asOf === undefined ? ' and head() and not closed()' : before})`,
  );
  if (newest.kind === 'failed') return newest;
  const target = newest.lines[0] ?? head; // a branch that began later
  if (mode === 'reset') return { kind: 'fetched', head, target, news: target !== head };
  if (checkedOut !== branch) {
    const message = `${checkout.source} is on branch ${checkedOut}, but the update follows ${branch}; switch back with: hg update ${branch}`;
    return { kind: 'failed', message };
  }
  const path = await revisionsOf(checkout, `limit(${head}::${target}, 1)`);
  if (path.kind === 'failed') return path;
  if (path.lines.length > 0) return { kind: 'fetched', head, target, news: target !== head };
  const back = asOf === undefined ? undefined : await revisionsOf(checkout, `limit(${target}::${head}, 1)`);
  if (back?.kind === 'answer' && back.lines.length > 0) return { kind: 'fetched', head, target: head, news: false };
  const message = `${checkout.source} is at ${head}, which the newest head ${target} of ${branch} does not come from; mode = "reset" would follow it`;
  return { kind: 'failed', message };
}

/** A pull that was killed in its middle leaves a transaction, with which hg begins nothing before `hg recover`. */
async function pull(checkout: Checkout, args: readonly string[]): Promise<ToolResult> {
  const pulled = await runHg(checkout, args);
  if (pulled.kind !== 'failed' || !/abandoned transaction found/.test(pulled.stderr)) return pulled;
  // It takes hg's own lock, so a pull that lives is waited for and its transaction is none any more.
  const recovered = await runHg(checkout, ['recover']);
  return neverStarted(recovered) ? pulled : runHg(checkout, args);
}

/**
 * `hg update` to the target. In mode `fast-forward` local changes to a file that the update touches refuse it, so that no
 * conflict gets into the tree; in mode `reset` all local changes are discarded, untracked files stay.
 */
async function move({ mode }: Source, checkout: Checkout, { head, target = head }: Fetched): Promise<MoveResult> {
  const before = await stateOf(checkout);
  if (before.kind === 'failed') return { kind: 'refused', message: before.message };
  if (mode === 'fast-forward') {
    const obstacle = await localObstacle(checkout, head, target);
    if (obstacle !== undefined) return { kind: 'refused', message: obstacle };
  }
  const args = ['update', ...(mode === 'reset' ? ['--clean'] : []), '-r', target];
  const result = await runHg(checkout, args);
  const message = result.kind === 'ok' ? '' : hgFailure(checkout, args, result);
  if (neverStarted(result)) return { kind: 'refused', message };
  if (!endedByItself(result)) return broken(message);
  const after = await stateOf(checkout);
  if (result.kind === 'ok') return judgeMoved(checkout.source, target, before.lines, after);
  const untouched = after.kind === 'answer' && after.lines.join('\n') === before.lines.join('\n');
  return untouched ? { kind: 'refused', message: `${message}\n(the source tree was not touched)` } : broken(message);
}

/** hg has exit code 0 over files that are missing, too. */
function judgeMoved(source: string, target: string, before: readonly string[], after: Answer): MoveResult {
  if (after.kind === 'failed') return broken(after.message);
  const known = new Set(before);
  const [head = '', ...rest] = after.lines;
  if (head !== target) return broken(`${source} is at ${head} after an update to ${target}`);
  const changed = rest.filter((line) => !line.startsWith('? ') && !known.has(line));
  if (changed.length > 0) return broken(`${source} differs from ${target} in ${listed(changed)}`);
  const unfinished = unfinishedIn(source);
  return unfinished === undefined ? { kind: 'moved' } : broken(`${source} was not updated to the end: ${unfinished}`);
}

function broken(message: string): MoveResult {
  return { kind: 'broken', message: `${message}\n(the source tree may be half updated: compare it with hg status)` };
}

/** What is checked out, and all that differs from it or is not known. */
async function stateOf(checkout: Checkout): Promise<Answer> {
  const parents = await ask(checkout, ['parents', '-T', '{node}\n']);
  if (parents.kind === 'failed') return parents;
  const status = await ask(checkout, ['status']);
  return status.kind === 'failed' ? status : { kind: 'answer', lines: [...parents.lines, ...status.lines] };
}

async function localObstacle(checkout: Checkout, head: string, target: string): Promise<string | undefined> {
  const local = await ask(checkout, ['status', '-mardn']);
  if (local.kind === 'failed') return local.message;
  if (local.lines.length === 0) return undefined;
  const incoming = await ask(checkout, ['status', '-mardn', '--rev', head, '--rev', target]);
  if (incoming.kind === 'failed') return incoming.message;
  const changed = new Set(incoming.lines);
  const both = local.lines.filter((path) => changed.has(path)).sort();
  if (both.length === 0) return undefined;
  const list = both.slice(0, 10).join(', ') + (both.length > 10 ? `, … (${both.length})` : '');
  return `${checkout.source} has local changes to files that the update changes, too: ${list}; commit them or hg revert them\n(the source tree was not touched)`;
}

const isRevision = (text: string): boolean => /^[0-9a-f]{40}$/.test(text);

async function changesBetween(checkout: Checkout, prior: string, revision: string): Promise<ChangesResult> {
  if (!isRevision(prior) || !isRevision(revision)) {
    return { kind: 'failed', message: `not revisions of Mercurial: ${JSON.stringify([prior, revision])}` };
  }
  const exists = await revisionsOf(checkout, `id(${prior})`);
  if (exists.kind === 'failed') return exists;
  const complete = exists.lines.length > 0;
  // Stripped from the repository, or the clone was made anew: nobody can say what lies between.
  return readChanges(checkout, complete ? `sort(only(${revision}, ${prior}), "rev")` : revision, complete);
}

async function readChanges(checkout: Checkout, revset: string, complete: boolean): Promise<ChangesResult> {
  const output = await readHg(checkout, ['log', '--copies', '-r', revset, '-T', LOG_TEMPLATE]);
  if (output.kind === 'failed') return output;
  try {
    return { kind: 'changes', changes: readLog(output.bytes), complete };
  } catch (error) {
    return { kind: 'failed', message: `${checkout.source}: ${error instanceof Error ? error.message : error}` };
  }
}

async function localChanges(checkout: Checkout): Promise<LocalChanges | Failed> {
  const unresolved = await ask(checkout, ['resolve', '--list', '-T', '{status} {path}\n']);
  if (unresolved.kind === 'failed') return unresolved;
  const conflicting = unresolved.lines.filter((line) => line.startsWith('U ')).map((line) => line.slice(2));
  const modified = await ask(checkout, ['status', '-mardn']);
  if (modified.kind === 'failed') return modified;
  const unclear = new Set(conflicting);
  return {
    kind: 'local',
    modified: modified.lines.filter((path) => !unclear.has(path)).sort(),
    conflicting: conflicting.sort(),
  };
}
