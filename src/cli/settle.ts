import { explainNotice, lockPlaceOf, openLock, type Strategy, settingsFromEnvironment } from '../locks/index.js';
import { stopSignal } from './stop-signal.js';

/**
 * `ct-lock-helper settle`, which the native front calls when a lock that it waits for seems to be a dead owner's:
 * judges, and removes it if that is so.
 *
 * @returns the exit code: 0 when the lock is worth another attempt now, 1 when it stays
 */
export async function settle(target: string, strategy: Strategy, warn: (text: string) => void): Promise<number> {
  // A signal to the native front reaches this process, too; the removal is short and must not stop half-way.
  stopSignal();
  const { settings } = settingsFromEnvironment(process.env, strategy);
  const place = lockPlaceOf(target, { environment: process.env, chosen: strategy, make: false });
  if ('problem' in place) return 1;
  const lock = openLock(target, { strategy, settings, place });
  const holder = lock.inspect();
  if (holder.kind === 'free') return 0;
  const { owner, judgement } = holder;
  const result = await lock.break();
  if (result.kind === 'broken' && settings.verbose >= 1) {
    warn(explainNotice({ kind: 'broke-stale', lock, owner, why: judgement.why }, Date.now()));
  }
  return result.kind === 'refused' ? 1 : 0;
}
