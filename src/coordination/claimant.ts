import { userName } from '../host/user-name.js';
import type { Claimant } from './named-lock.js';

/** A command of megabytes would be a key of megabytes. */
const LONGEST_COMMAND = 1000;

/**
 * Who claims a lock now, by the clock of this host.
 *
 * @param host what it is called for others
 * @param pid of the process that the lock is for, where that is another one than this
 */
export function claimantOf(host: string, command: readonly string[], pid = process.pid): Claimant {
  const text = command.join(' ').slice(0, LONGEST_COMMAND);
  return { host, pid, user: userName(), command: text, since: new Date().toISOString() };
}
