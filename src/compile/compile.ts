import type { Notice, ObjectLock } from '../locks/index.js';
import { type Argv, type CommandEnd, runCommand } from './command.js';
import { discard, publish, temporaryFor } from './temporary.js';

export interface Compile {
  /** What is produced, as its user wrote it: relative paths stay so, because compilers put names into their output. */
  readonly target: string;
  /** The lock of the target. */
  readonly lock: ObjectLock;
  /** Gets `-o` and the temporary appended. */
  readonly command: Argv;
  readonly pid: number;
  /** Fires when this process was told to stop. */
  readonly stop: AbortSignal;
  readonly onNotice: (notice: Notice) => void;
}

/** What became of the product. In every case but the first the target is the old one, if there was one. */
export type Produced =
  | { readonly kind: 'published' }
  /** The command succeeded without writing the file that its `-o` names. */
  | { readonly kind: 'absent'; readonly temporary: string }
  | Exclude<CommandEnd, { readonly kind: 'succeeded' }>;

export type CompileResult = Produced & {
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
export async function compile({ target, lock, command, pid, stop, onNotice }: Compile): Promise<CompileResult> {
  const acquisition = await lock.acquire({ signal: stop, onNotice });
  if (acquisition.kind !== 'acquired') return { kind: 'interrupted', lock: 'not-held' };
  let produced: Produced;
  try {
    produced = await produce(target, command, pid, stop);
  } catch (error) {
    acquisition.lock.release();
    throw error;
  }
  return { ...produced, lock: acquisition.lock.release() };
}

async function produce(target: string, command: Argv, pid: number, stop: AbortSignal): Promise<Produced> {
  const temporary = temporaryFor(target, pid);
  try {
    const end = await runCommand([...command, '-o', temporary], stop);
    if (end.kind !== 'succeeded') return end;
    return publish(temporary, target) === 'published' ? { kind: 'published' } : { kind: 'absent', temporary };
  } finally {
    discard(temporary); // published, it is not there any more
  }
}
