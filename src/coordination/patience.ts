import { EtcdError } from '../etcd/error.js';
import { pause } from '../host/pause.js';

/** Between two attempts, in milliseconds. */
const PAUSE_MS = 500;

/**
 * Asks again for as long as the lease of the asking run is good.
 *
 * @param lost fires when it is not any more
 * @returns undefined when there was no answer by then
 * @throws EtcdError when etcd refuses it, and whatever else is thrown
 */
export async function patiently<T>(lost: AbortSignal, ask: () => Promise<T>): Promise<T | undefined> {
  while (!lost.aborted) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof EtcdError) || error.kind === 'refused') throw error;
    }
    await pause(PAUSE_MS, lost);
  }
  return undefined;
}
