import { performance } from 'node:perf_hooks';
import { errorCode } from '../host/error-code.js';
import { pause } from '../host/pause.js';
import { processIds, statOf } from '../host/process-stat.js';

/** How long a killed group may take to vanish; a process inside an NFS call cannot even be killed. */
const VANISH_MS = 5000;

/**
 * Ends a process group: TERM, so that compilers remove their temporaries, after the grace KILL. Returns when only zombies
 * are left in the group.
 *
 * @param group its number, the pid of the process that began it
 */
export async function endGroup(group: number, graceMs: number): Promise<void> {
  signalGroup(group, 'SIGTERM');
  if (await vanished(group, graceMs)) return;
  signalGroup(group, 'SIGKILL');
  await vanished(group, VANISH_MS);
}

/** Sends a signal to a process group; 0 only asks. False when no process is left in it. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  if (!(group > 1)) return false; // those numbers stand for our own group and for everything
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    // EPERM: members remain, but have changed their user; there is nothing more we can do to them.
    return errorCode(error) === 'EPERM';
  }
}

async function vanished(group: number, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (let pauseMs = 2; signalGroup(group, 0); pauseMs = Math.min(2 * pauseMs, 100)) {
    // A first process that reaps no children (in many containers) would keep the dead in the group for ever.
    if (pauseMs >= 32 && hasOnlyZombies(group)) return true;
    if (performance.now() >= deadline) return false;
    await pause(pauseMs);
  }
  return true;
}

/** False where /proc cannot tell. */
function hasOnlyZombies(group: number): boolean {
  const members = processIds()
    .flatMap((pid) => statOf(pid) ?? [])
    .filter((stat) => stat.group === group);
  return members.length > 0 && members.every(({ state }) => state === 'Z' || state === 'X');
}
