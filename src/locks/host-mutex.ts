import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { syscalls } from '../host/syscalls.js';

/**
 * The kernel's own file that stands for our PID namespace. Exactly the processes that may judge a pid share it; it
 * needs no directory that others could tamper with.
 */
const NAMESPACE = '/proc/self/ns/pid';

export type Serialised<T> =
  | { readonly kind: 'done'; readonly result: T }
  /** Another process of this host is in there right now; try again soon. */
  | { readonly kind: 'busy' }
  /** No such lock works here: not Linux, no /proc, or neither koffi nor flock(1). */
  | { readonly kind: 'unavailable' };

/**
 * Runs an action while no other process of this host does, by a flock(2) on the PID namespace.
 *
 * This is what makes the removal of a stale lock safe. Two processes may both see the lock of a dead owner. If the
 * first removes it and a third takes a fresh one, the second must not remove that. Under this lock each looks again first, and
 * since only processes of the owner's host and namespace may call an owner dead, a lock of this host is enough. Should
 * we die here, the kernel lets the next one in.
 *
 * @param action short and synchronous
 */
export async function onePerHost<T>(action: () => T): Promise<Serialised<T>> {
  if (process.platform !== 'linux') return { kind: 'unavailable' };
  const system = syscalls();
  if (system === undefined) return throughHelper(action);
  let fd: number;
  try {
    fd = openSync(NAMESPACE, 'r');
  } catch {
    return { kind: 'unavailable' }; // /proc is not mounted
  }
  try {
    return system.flock(fd) ? { kind: 'done', result: action() } : { kind: 'busy' };
  } finally {
    closeSync(fd);
  }
}

/** The same lock, held by a flock(1) of util-linux for as long as its standard input is open. */
function throughHelper<T>(action: () => T): Promise<Serialised<T>> {
  return new Promise((resolve, reject) => {
    // -n, because BusyBox knows no long options.
    const helper = spawn('flock', ['-n', NAMESPACE, 'cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
    let outcome: Serialised<T> = { kind: 'busy' };
    helper.once('error', () => resolve({ kind: 'unavailable' }));
    helper.stdin.on('error', () => undefined); // it ended because the lock was taken; 'close' tells
    helper.stdout.once('data', () => {
      // The echo of our line: flock(1) has the lock and has started cat.
      try {
        outcome = { kind: 'done', result: action() };
      } catch (error) {
        reject(error);
      }
      helper.stdin.end();
    });
    // flock(1) says 1 for a lock that is taken, and something else for a lock that it cannot even try.
    helper.once('close', (code) => resolve(outcome.kind === 'busy' && code !== 1 ? { kind: 'unavailable' } : outcome));
    helper.stdin.write('\n');
  });
}
