import { readdirSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { isatty } from 'node:tty';
import type { Argv } from './argv.js';
import { type CommandEnd, runCommand, type Ties } from './command.js';
import { keepMessages } from './messages.js';
import type { Locked, Redirection } from './plan.js';
import {
  besideTarget,
  discard,
  discardDirectory,
  isEmpty,
  isStandIn,
  makeDirectory,
  makeStandIn,
  publish,
  putAway,
  seed,
  shareInPlace,
} from './temporary.js';

/** What a command is run under. */
export interface Circumstances {
  /** Holds the lock of the target while it is produced; undefined where none works. */
  readonly hold: Hold | undefined;
  /** Fires when this process was told to stop. */
  readonly stop: AbortSignal;
}

/** Takes a lock, has the work done, and gives the lock back. @throws LockError */
export type Hold = (work: (grip: Grip) => Promise<Produced>) => Promise<Production>;

/** What the work has of the lock. */
export interface Grip {
  /** Fires when the command has to end. */
  readonly stop: AbortSignal;
  readonly ties: Pick<Ties, 'atOnce' | 'leash'>;
  /** Asked right before anything is put in its place; by default it may be. */
  readonly mayPublish?: () => Promise<boolean>;
}

/** What became of the product. Unless it was published, the target is what the command itself would have left, or none. */
export type Produced =
  | { readonly kind: 'published' }
  /** The command succeeded without writing the file that its arguments name. */
  | { readonly kind: 'absent'; readonly temporary: string }
  /** The lock was not acquired, or could not be relied on until the end: nothing was put in its place. The user has been told. */
  | { readonly kind: 'unprotected' }
  | CommandEnd;

export type Production = Produced & {
  /** `lost`: another process removed the lock by force while it was held, so another process may have produced the same. */
  readonly lock: 'released' | 'lost' | 'not-held';
};

/**
 * Produces one file that others may produce or read at the same time: one process at a time produces it, and readers see
 * the old file or the new one, whole.
 *
 * The lock is taken before anything is made and given back after everything is done or undone; a signal only makes the
 * command end early, so that there is one way out and not two.
 *
 * @throws LockError, or the system's error when the product cannot be put in its place
 */
export function produce(plan: Redirection, circumstances: Circumstances): Promise<Production> {
  return underLock(circumstances, (grip) => redirect(plan, grip));
}

/** Runs a command as it is while the lock is held: one process at a time, but readers may see half a file. */
export function runUnderLock(plan: Locked, command: Argv, circumstances: Circumstances): Promise<Production> {
  return underLock(circumstances, async ({ stop, ties }) => {
    clearWay(plan);
    const end = await runCommand(command, stop, ties);
    shareAllInPlace(plan);
    return end;
  });
}

/** Runs a command as it is, without a lock. */
export async function runAsItIs(command: Argv, stop: AbortSignal): Promise<Production> {
  return { ...(await runCommand(command, stop)), lock: 'not-held' };
}

async function underLock({ hold, stop }: Circumstances, work: (grip: Grip) => Promise<Produced>): Promise<Production> {
  if (hold === undefined) return { ...(await work({ stop, ties: {} })), lock: 'not-held' };
  return hold(work);
}

/** Files of another user that the command would write to, and may not, go out of its way: the directory allows that. */
function clearWay({ kind, target, sides = [] }: Locked | Redirection): void {
  if (kind === 'locked') putAway(target);
  for (const side of sides) if (side.temporary === undefined) putAway(side.target);
}

function shareAllInPlace({ kind, target, destination = target, sides = [] }: Locked | Redirection): void {
  if (kind === 'locked') shareInPlace(destination);
  for (const side of sides) if (side.temporary === undefined) shareInPlace(side.target);
}

/**
 * What stands beside the product comes first, the product last, so that a process that sees it sees the rest. A process that dies here
 * leaves temporaries, which the clean-up finds by their names, and the files of before, or some new ones beside the old
 * product.
 */
async function redirect(plan: Redirection, grip: Grip): Promise<Produced> {
  const { target, temporary, directory, seeded } = plan;
  clearWay(plan);
  const replaces = statSync(target, { throwIfNoEntry: false }) !== undefined;
  try {
    if (directory !== undefined) makeDirectory(directory, target);
    // A stand-in shows whether the command would have removed the old product when it fails.
    if (seeded) seed(temporary, plan.destination ?? target);
    else if (replaces) makeStandIn(temporary);
    const end = await runQuoting(plan, grip);
    if (grip.mayPublish !== undefined && !(await grip.mayPublish()))
      return end.kind === 'succeeded' ? { kind: 'unprotected' } : end;
    if (end.kind !== 'succeeded') {
      fail(plan, replaces, end);
      return end;
    }
    if (replaces && !seeded && isStandIn(temporary)) discard(temporary);
    shareAllInPlace(plan);
    publishSides(plan, false);
    return publish(temporary, plan.destination ?? target) === 'published'
      ? { kind: 'published' }
      : { kind: 'absent', temporary };
  } finally {
    discardAll(plan); // published, it is not there any more
  }
}

/** Runs a command so that the user sees the name of the target. On a terminal linkers are left alone: they have colours. */
async function runQuoting(plan: Redirection, { stop, ties }: Grip): Promise<CommandEnd> {
  const quoted = plan.saysName && (plan.seeded || !isatty(2));
  const messages = quoted ? keepMessages() : undefined;
  const end = await runCommand(plan.argv, stop, { ...ties, stderr: messages?.fd });
  messages?.show(plan.temporary, plan.target);
  return end;
}

/** What a failed command would have done to the old product is done now. */
function fail(plan: Redirection, replaces: boolean, end: CommandEnd): void {
  const kept = replaces && (plan.seeded || end.kind === 'not-started' || isStandIn(plan.temporary));
  if (replaces && !kept) discard(plan.target);
  if (end.kind === 'failed') publishSides(plan, kept);
}

/** What stands beside the product; what was not made is not missed. */
function publishSides(plan: Redirection, besideOld: boolean): void {
  for (const { temporary, target, emptyIsNone, speaksOfProduct } of plan.sides ?? []) {
    if (temporary === undefined || (besideOld && speaksOfProduct)) continue;
    if (!emptyIsNone || !isEmpty(temporary)) publish(temporary, target);
  }
  for (const name of othersInDirectory(plan)) publish(`${plan.directory}/${name}`, besideTarget(plan.target, name));
}

/** What came into the directory of the plan beside the product. */
function othersInDirectory({ directory, target }: Redirection): string[] {
  if (directory === undefined) return [];
  return readdirSync(directory).filter((name) => name !== basename(target));
}

function discardAll(plan: Redirection): void {
  discard(plan.temporary);
  for (const { temporary } of plan.sides ?? []) if (temporary !== undefined) discard(temporary);
  if (plan.directory !== undefined) discardDirectory(plan.directory);
}
