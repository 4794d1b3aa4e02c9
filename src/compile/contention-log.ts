import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { thisHost } from '../host/host.js';
import { formatOwner } from '../locks/index.js';
import { errorText } from '../text/error-text.js';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;

/** One wait for an object lock that was taken. */
export interface Wait {
  readonly lock: { readonly target: string; readonly strategy: string };
  /** `host:pid` of who held it when it was first seen taken; undefined where that could not be seen. */
  readonly owner: string | undefined;
  /** From the first attempt until the lock was ours, in milliseconds. */
  readonly waitedMs: number;
  /** How long it was ours, in milliseconds. */
  readonly heldMs: number;
  /** When it was released, milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Appends a wait to the file that CT_LOCK_LOG names, as one line of JSON that `stagelock contention` reads. The line is
 * written in one step, so those of several processes do not mix. No symbolic link is followed: a log may lie in a
 * directory that others write to, too.
 *
 * @returns what went wrong, if anything: a log is not worth a compile
 */
export function appendWait(file: string, { lock, owner, waitedMs, heldMs, now }: Wait): string | undefined {
  const host = thisHost();
  const line = JSON.stringify({
    at: new Date(now).toISOString(),
    target: lock.target,
    strategy: lock.strategy,
    owner: owner ?? null,
    by: formatOwner({ host: host.name, pid: host.pid }),
    waitedMs: Math.round(waitedMs),
    heldMs: Math.round(heldMs),
  });
  try {
    const fd = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o664);
    try {
      writeSync(fd, `${line}\n`);
    } finally {
      closeSync(fd);
    }
    return undefined;
  } catch (error) {
    return `CT_LOCK_LOG="${file}" could not be written: ${errorText(error)}`;
  }
}
