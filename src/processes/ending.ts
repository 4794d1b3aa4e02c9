import { performance } from 'node:perf_hooks';
import { commandOf, type Process } from '../host/process-table.js';
import { shown } from '../text/shown.js';
import { type Endable, isOutOfReach, signalAll } from './endable.js';

/** A process, as messages name it. */
export interface NamedProcess {
  readonly pid: number;
  /** Printable, and not long. */
  readonly command: string;
}

/** The result of ending processes. */
export interface Ending {
  /** Those that did not end by themselves. */
  readonly ended: readonly NamedProcess[];
  /** Those that run on, and why they could not be ended. */
  readonly left: readonly (NamedProcess & { readonly why: string })[];
}

export interface Patience {
  /** How long it may take to end by itself, milliseconds. */
  readonly naturalMs: number;
  /** From TERM to KILL. */
  readonly graceMs: number;
  /** From KILL to the insight that it does not help. */
  readonly vanishMs: number;
}

/** Between two KILLs: a process that was born while we were looking gets the next one. */
const AGAIN_MS = 20;

/**
 * Ends what runs of a command: after some time in which it may end by itself TERM, so that compilers remove their
 * temporaries, after the grace KILL. Returns when nothing is left, or when what is left cannot be ended.
 *
 * TERM is sent once, to what runs then: a process that it starts in order to clean up must not get the signal, too.
 *
 * @param stop cuts the first wait short
 */
export async function endTree(tree: Endable, patience: Patience, stop?: AbortSignal): Promise<Ending> {
  if (patience.naturalMs > 0 && (await tree.goneWithin(patience.naturalMs, stop))) return { ended: [], left: [] };
  const members = tree.members();
  const ended = members.map(named);
  signalAll(members, 'SIGTERM', tree.wholeGroups);
  signalAll(members, 'SIGCONT', tree.wholeGroups); // or a stopped process would never handle the signal
  if (await tree.goneWithin(patience.graceMs)) return { ended, left: [] };
  const deadline = performance.now() + patience.vanishMs;
  do {
    signalAll(tree.members(), 'SIGKILL', tree.wholeGroups);
    if (await tree.goneWithin(AGAIN_MS)) return { ended, left: [] };
  } while (performance.now() < deadline);
  tree.abandon();
  return { ended, left: tree.members().map((process) => ({ ...named(process), why: whyItStays(process) })) };
}

function whyItStays(process: Process): string {
  if (isOutOfReach(process)) return 'it belongs to another user, and this user may not end it';
  if (process.state === 'D') return 'it waits in the kernel, where no signal reaches it, usually for a file server';
  return 'KILL did not end it';
}

/** A process for people: what it calls itself may be anything. */
export function named({ pid }: Pick<Process, 'pid'>): NamedProcess {
  return { pid, command: shown(commandOf(pid), LONGEST) };
}

const LONGEST = 160;
