import { performance } from 'node:perf_hooks';
import { errorCode } from '../host/error-code.js';
import { pause } from '../host/pause.js';
import { type Process, processOf, processTable, worksIn } from '../host/process-table.js';
import { signalGroup } from './group.js';
import { membersAmong } from './members.js';

/** How soon the end of the last process is seen where no keeper tells it, milliseconds. */
const LOOK_MS = 5;

/** Processes that belong together, and that may have to be ended. */
export interface Endable {
  /** Whether each of them belongs with its whole process group. */
  readonly wholeGroups: boolean;
  members(): Process[];
  goneWithin(ms: number, stop?: AbortSignal): Promise<boolean>;
  abandon(): void;
}

/**
 * What a program has started and what has not made a session of its own: daemons do that, such as the ssh connection
 * that the next call must find open.
 *
 * @param top the program, which was started in a session of its own
 * @param within only processes whose working directory is this one or below
 */
export function sessionOf(top: number, abandon: () => void, within?: string): Endable {
  const members = (): Process[] => {
    // Usually nothing is left, and this spares the look at all processes.
    if (within !== undefined && !signalGroup(top, 0)) return [];
    const all = processTable();
    if (all.length === 0) return within === undefined && signalGroup(top, 0) ? [unseen(top)] : [];
    return all.filter(({ pid, session }) => session === top && (within === undefined || worksIn(pid, within)));
  };
  return {
    wholeGroups: within === undefined,
    members,
    abandon,
    goneWithin: (ms, stop) => lookUntilGone(members, ms, stop),
  };
}

/** What descends from a program, or was seen to before its parent ended, and its session. */
export function descentOf(top: number): Endable {
  const seen = new Seen();
  const members = (): Process[] => {
    const all = processTable();
    if (all.length === 0) return signalGroup(top, 0) ? [unseen(top)] : [];
    return seen.among(all, ({ session }) => session === top);
  };
  return {
    wholeGroups: true,
    members,
    abandon: () => undefined,
    goneWithin: (ms, stop) => lookUntilGone(members, ms, stop),
  };
}

/** Members stay members: the one that a child was known by may end before it. */
export class Seen {
  readonly #known = new Map<number, number>();

  among(all: readonly Process[], isRoot: (process: Process) => boolean): Process[] {
    const isKnown = ({ pid, startTicks }: Process): boolean => this.#known.get(pid) === startTicks;
    const members = membersAmong(all, (process) => isKnown(process) || isRoot(process), process.pid);
    this.#known.clear();
    for (const { pid, startTicks } of members) this.#known.set(pid, startTicks);
    return members;
  }
}

/** Waits until there are no members any more; all processes are looked at only when those known have ended. */
export async function lookUntilGone(members: () => Process[], ms: number, stop?: AbortSignal): Promise<boolean> {
  const end = performance.now() + ms;
  for (;;) {
    const there = members();
    if (there.length === 0) return true;
    do {
      if (performance.now() >= end || stop?.aborted) return false;
      await pause(LOOK_MS, stop);
    } while (there.some(isThere));
  }
}

/** Sends a signal to processes: to their groups if these are theirs, so that none that is being born escapes it. */
export function signalAll(processes: readonly Process[], signal: NodeJS.Signals, wholeGroups: boolean): void {
  const signalled = new Set<number>();
  for (const process of processes) {
    const target = wholeGroups ? -process.group : process.pid;
    if (signalled.has(target) || !isThere(process)) continue;
    signalled.add(target);
    send(target, signal);
  }
}

/** Sends a signal to a process, or to the group of that number if it is negative. */
export function send(target: number, signal: NodeJS.Signals): void {
  // 0 is our own group, -1 every process, and the first process is never meant.
  if (!(Math.abs(target) > 1)) return;
  try {
    process.kill(target, signal);
  } catch {
    // It has ended meanwhile, or belongs to another user; what is left is looked at afterwards.
  }
}

/** Whether we may not signal it: it has another user. */
export function isOutOfReach({ pid }: Process): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** That one, and no other that has got its number. */
function isThere({ pid, startTicks, state }: Process): boolean {
  if (state === UNSEEN) return signalGroup(pid, 0);
  return processOf(pid)?.startTicks === startTicks;
}

const UNSEEN = '?';

/** The members of a group where there is no /proc. */
export function unseen(group: number): Process {
  return { pid: group, parent: 0, group, session: group, startTicks: 0, state: UNSEEN };
}
