import { performance } from 'node:perf_hooks';
import { pause } from '../host/pause.js';
import { type ExactProcess, signalExactly } from './exact-signal.js';

/** How long a killed process may take to vanish; one inside an NFS call cannot even be killed. */
const VANISH_MS = 5000;
/** A look reads the environment of every process. */
const LONGEST_PAUSE_MS = 100;

/**
 * Ends processes: TERM to those of `told`, after the grace KILL to all of `members`, until none is left that we may signal, or
 * a killed one does not go. Both are asked again and again, since what is to end may start further processes meanwhile. A stopped
 * process is continued, or it would never get the signal.
 *
 * @param told whose own end is worth waiting for; the youngest get it first, so that no parent complains of a dead child
 *   before it gets the signal itself
 */
export async function endProcesses<P extends ExactProcess>(
  told: () => readonly P[],
  members: () => readonly P[],
  graceMs: number,
): Promise<void> {
  const heard = new Set<string>();
  const denied = new Set<string>();
  const left = (): readonly P[] => members().filter((process) => !denied.has(nameOf(process)));
  const send = (process: P, signal: 'SIGTERM' | 'SIGKILL'): void => {
    const result = signalExactly(process, signal);
    if (result === 'not-permitted') denied.add(nameOf(process));
    if (result === 'sent' && signal === 'SIGTERM') signalExactly(process, 'SIGCONT');
  };
  await untilNone(left, graceMs, () => {
    for (const process of told().toReversed()) {
      if (heard.has(nameOf(process))) continue;
      heard.add(nameOf(process));
      send(process, 'SIGTERM');
    }
  });
  await untilNone(left, VANISH_MS, (processes) => {
    for (const process of processes.toReversed()) send(process, 'SIGKILL');
  });
}

/** Acts and looks, again and again, until nothing is left or time is up. */
async function untilNone<P>(
  left: () => readonly P[],
  withinMs: number,
  act: (processes: readonly P[]) => void,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  let processes = left();
  for (let pauseMs = 2; processes.length > 0; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    if (performance.now() >= deadline) return;
    act(processes);
    await pause(pauseMs);
    processes = left();
  }
}

const nameOf = ({ pid, startTicks }: ExactProcess): string => `${pid} ${startTicks}`;
