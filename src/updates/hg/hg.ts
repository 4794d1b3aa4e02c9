import { neverStarted } from '../client.js';
import { lastHead } from '../journal.js';
import { withCommands } from '../proof.js';
import type { ToolResult } from '../tool.js';
import { commandText } from '../tool.js';
import type { ChangesResult, Checkout, Failed, FetchResult, VersionControl } from '../version-control.js';
import { hgFailure, knows, rowsOf, runHg } from './command.js';
import { type Course, courseOf, explainCourse, type Followed, headsOf } from './heads.js';
import { LOG_FIELDS, readLog } from './log.js';
import { currentRevision, foreignRepository, localChanges } from './looks.js';
import { signOf } from './sign.js';

/**
 * Mercurial, following one named branch of the default path.
 *
 * @param memory the journal of what was built
 */
export function hg(followed: Followed, memory: string): VersionControl {
  const { branch, mode } = followed;
  return {
    type: 'hg',
    command: commandText(['hg', 'pull', '--branch', branch]),
    currentRevision,
    fetch: (checkout, asOf) => fetch(followed, lastHead(memory).record?.revision, checkout, asOf),
    // Not loaded by a run that has nothing to do.
    async move(checkout, fetched, begin) {
      begin?.(await localChanges(checkout));
      return (await import('./move.js')).move(mode, checkout, fetched);
    },
    repair: async (checkout, left) => (await import('./repair.js')).repair(mode, checkout, left),
    changesBetween,
    proveTree: async (checkout, revision) => (await import('./prove.js')).proveTree(mode, checkout, revision),
    signOf,
    localChanges,
    tidy: async () => undefined,
  };
}

/**
 * Pulls the branch and finds its newest head. In mode `fast-forward` a tree on another branch, or one that cannot come to have
 * all open heads of the branch in it, is a failure. What a killed pull has left is rolled back first.
 */
async function fetch(
  followed: Followed,
  recorded: string | undefined,
  checkout: Checkout,
  asOf?: Date,
): Promise<FetchResult> {
  const foreign = await foreignRepository(checkout);
  if (foreign !== undefined) return foreign;
  const args = ['pull', '--branch', followed.branch];
  const pulled = await pull(checkout, args);
  if (pulled.kind !== 'ok') return { kind: 'failed', message: hgFailure(checkout, args, pulled) };
  const heads = await headsOf(checkout, followed, recorded, asOf);
  if (heads.kind === 'failed') return heads;
  const course = courseOf(followed, heads.heads);
  if (course.kind !== 'to') return { kind: 'failed', message: await explained(followed, recorded, checkout, course) };
  const { head, target } = course;
  return { kind: 'fetched', head, target, news: target !== head };
}

/** What leads to the target is whatever keeps the tree from being it now: there may be more than where it stands. */
async function explained(
  followed: Followed,
  recorded: string | undefined,
  checkout: Checkout,
  course: Exclude<Course, { kind: 'to' }>,
): Promise<string> {
  const message = explainCourse(checkout, followed, course);
  if (!('target' in course)) return message;
  // Where hg has forgotten what it wrote, that was the recorded revision.
  const isBack = course.kind === 'nothing' && recorded !== undefined && (await knows(checkout, recorded)) === true;
  const { proveTree } = await import('./prove.js');
  const proof = await proveTree(followed.mode, checkout, isBack ? recorded : course.target);
  return proof.kind === 'faulty'
    ? withCommands(
        message,
        proof.faults.flatMap(({ advice }) => advice),
      )
    : message;
}

/** A pull that was killed in its middle leaves a transaction, with which hg begins nothing before `hg recover`. */
async function pull(checkout: Checkout, args: readonly string[]): Promise<ToolResult> {
  const pulled = await runHg(checkout, args);
  if (pulled.kind !== 'failed' || !/abandoned transaction found/.test(pulled.stderr)) return pulled;
  // It takes hg's own lock, so a pull that lives is waited for and its transaction is none any more.
  const recovered = await runHg(checkout, ['recover']);
  return neverStarted(recovered) ? pulled : runHg(checkout, args);
}

const isRevision = (text: string): boolean => /^[0-9a-f]{40}$/.test(text);

async function changesBetween(checkout: Checkout, prior: string, revision: string): Promise<ChangesResult> {
  if (!isRevision(prior) || !isRevision(revision)) {
    return { kind: 'failed', message: `not revisions of Mercurial: ${JSON.stringify([prior, revision])}` };
  }
  const complete = await knows(checkout, prior);
  if (typeof complete !== 'boolean') return complete;
  // Stripped from the repository, or the clone was made anew: it is unknown what lies between.
  return readChanges(checkout, complete ? `sort(only(${revision}, ${prior}), "rev")` : revision, complete);
}

async function readChanges(
  checkout: Checkout,
  revset: string,
  complete: boolean,
): Promise<Failed | Extract<ChangesResult, { kind: 'changes' }>> {
  const log = await rowsOf(checkout, ['log', '--copies', '-r', revset], LOG_FIELDS);
  return log.kind === 'failed' ? log : { kind: 'changes', changes: readLog(log.rows), complete };
}
