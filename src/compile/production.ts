import {
  type AcquireOptions,
  formatOwner,
  type HeldLock,
  Leash,
  type Notice,
  type ObjectLock,
} from '../locks/index.js';
import { type Argv, type CommandEnd, runCommand } from './command.js';
import { appendWait } from './contention-log.js';
import type { Redirection } from './plan.js';
import { discard, publish, seed } from './temporary.js';

/** What a command is run under. */
export interface Circumstances {
  /** The lock of the target; undefined where none can be had. */
  readonly lock: ObjectLock | undefined;
  /** Fires when this process was told to stop. */
  readonly stop: AbortSignal;
  readonly onNotice: (notice: Notice) => void;
  /** Where waits are recorded; undefined for nowhere. */
  readonly log: string | undefined;
  /** Told when the record could not be written. */
  readonly onWarning: (text: string) => void;
}

/** What became of the product. Unless it was published, a redirected command leaves the target the old one, if any. */
export type Produced =
  | { readonly kind: 'published' }
  /** The command succeeded without writing the file that its arguments name. */
  | { readonly kind: 'absent'; readonly temporary: string }
  | CommandEnd;

export type Production = Produced & {
  /** `lost`: somebody removed the lock by force while it was held, so another process may have produced the same. */
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
  return underLock(circumstances, (leash) => redirect(plan, circumstances.stop, leash));
}

/** Runs a command as it is while the lock is held: one process at a time, but readers may see half a file. */
export function runUnderLock(command: Argv, circumstances: Circumstances): Promise<Production> {
  return underLock(circumstances, (leash) => runCommand(command, circumstances.stop, { leash }));
}

/** Runs a command as it is, without a lock. */
export async function runAsItIs(command: Argv, stop: AbortSignal): Promise<Production> {
  return { ...(await runCommand(command, stop)), lock: 'not-held' };
}

async function underLock(
  circumstances: Circumstances,
  work: (leash: Leash | undefined) => Promise<Produced>,
): Promise<Production> {
  const { lock, stop, onNotice, log, onWarning } = circumstances;
  if (lock === undefined) return { ...(await work(undefined)), lock: 'not-held' };
  const taken = await take(lock, { signal: stop, onNotice });
  if (taken === undefined) return { kind: 'interrupted', lock: 'not-held' };
  const begun = performance.now();
  const leash = Leash.make(taken.held.descriptor);
  let produced: Produced;
  try {
    produced = await work(leash);
  } catch (error) {
    taken.held.release();
    throw error;
  } finally {
    leash.takeOff();
  }
  const released = taken.held.release();
  if (log !== undefined && taken.waited !== undefined) {
    const wait = { lock, ...taken.waited, heldMs: performance.now() - begun, now: Date.now() };
    const problem = appendWait(log, wait);
    if (problem !== undefined) onWarning(problem);
  }
  return { ...produced, lock: released };
}

interface Taken {
  readonly held: HeldLock;
  /** Who held it at first, and for how long that was in our way; undefined when it was free. */
  readonly waited: { readonly owner: string | undefined; readonly waitedMs: number } | undefined;
}

/** Undefined when we are to stop. */
async function take(lock: ObjectLock, options: AcquireOptions): Promise<Taken | undefined> {
  if (options.signal?.aborted) return undefined;
  const free = lock.try();
  if (free !== undefined) return { held: free, waited: undefined };
  const holder = lock.inspect();
  const owner = holder.kind === 'held' && holder.owner !== undefined ? formatOwner(holder.owner) : undefined;
  const acquisition = await lock.acquire(options);
  if (acquisition.kind !== 'acquired') return undefined;
  return { held: acquisition.lock, waited: { owner, waitedMs: acquisition.waitedMs } };
}

async function redirect(
  { argv, target, temporary, seeded }: Redirection,
  stop: AbortSignal,
  leash: Leash | undefined,
): Promise<Produced> {
  try {
    if (seeded) seed(temporary, target);
    const end = await runCommand(argv, stop, { leash });
    if (end.kind !== 'succeeded') return end;
    return publish(temporary, target) === 'published' ? { kind: 'published' } : { kind: 'absent', temporary };
  } finally {
    discard(temporary); // published, it is not there any more
  }
}
