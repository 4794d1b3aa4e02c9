import { existsSync } from 'node:fs';
import type { AcquireOptions, Acquisition, HeldLock, ObjectLock } from './object-lock.js';

/** Most waits are over before it matters who comes next. */
const AT_FIRST_MS = 5;
/** How often one who waits looks whether the lock has been shared meanwhile for the first time. */
const SHARED_YET_MS = 1000;

/**
 * Waits for a lock that is to be held alone, and keeps those out meanwhile who come later to share it. Where it was never shared, this is
 * `lock.acquire()`.
 *
 * @param directory that stands beside a lock that has been shared
 * @param takeTurn keeps others out, until what it returns is released or the signal fires
 */
export async function acquireAlone(
  lock: ObjectLock,
  directory: string,
  takeTurn: (over: AbortSignal) => Promise<HeldLock | undefined>,
  options: AcquireOptions,
): Promise<Acquisition> {
  const over = new AbortController();
  let turn: Promise<HeldLock | undefined> | undefined;
  const look = (): void => {
    if (existsSync(directory)) turn = takeTurn(over.signal);
    else timer = setTimeout(look, SHARED_YET_MS);
  };
  let timer = setTimeout(look, AT_FIRST_MS);
  try {
    return await lock.acquire(options);
  } finally {
    clearTimeout(timer);
    over.abort();
    (await turn)?.release();
  }
}
