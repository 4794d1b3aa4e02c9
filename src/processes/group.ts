import { performance } from 'node:perf_hooks';
import { errorCode, pause } from '../locks/index.js';

/** How long a killed group may take to vanish; a process inside an NFS call cannot even be killed. */
const VANISH_MS = 5000;

/**
 * Ends a process group: TERM, so that compilers remove their temporaries, after the grace KILL. Returns when nobody is
 * left in the group, zombies of our own excepted.
 *
 * @param group its number, the pid of the process that began it
 */
export async function endGroup(group: number, graceMs: number): Promise<void> {
  signalGroup(group, 'SIGTERM');
  if (await vanished(group, graceMs)) return;
  signalGroup(group, 'SIGKILL');
  await vanished(group, VANISH_MS);
}

/** Sends a signal to a process group; 0 only asks. False when nobody is left in it. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
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
    if (performance.now() >= deadline) return false;
    await pause(pauseMs);
  }
  return true;
}
