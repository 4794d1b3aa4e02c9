import * as says from '../tables/messages.js';
import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';
import { durationText, heldBy, holderText } from './held-by.js';
import type { Inspection, Notice, ObjectLock } from './object-lock.js';

/** Who holds a lock, for a message: {@link heldBy}, or that it is free again. Ends without a full stop. */
export function describeHolder(holder: Inspection, nowMs: number): string {
  if (holder.kind === 'free') return says.freeAgain;
  const { owner, sinceMs, judgement } = holder;
  return heldBy(owner, judgement, sinceMs === undefined ? undefined : nowMs - sinceMs);
}

/** What to tell a person of a notice: which lock, who holds it and, once that is due, the command that helps. */
export function explainNotice(notice: Notice, nowMs: number): string {
  const { lock } = notice;
  if (notice.kind === 'broke-stale') {
    return `removed the stale lock on ${shown(lock.target)}${placeOf(lock)} of ${holderText(notice.owner)} (${notice.why})`;
  }
  const holder = describeHolder(notice.holder, nowMs);
  const text = says.waiting(shown(lock.target), placeOf(lock), holder, durationText(notice.waitedMs));
  if (!notice.escalated || notice.holder.kind === 'free') return text;
  const { owner } = notice.holder;
  const look = owner === undefined ? '' : says.lookAtProcess(holderText(owner));
  return says.overdue(text, look, removalCommand(lock));
}

/** Where a lock is that does not stand beside its target: in a directory of locks, or under a short name. */
function placeOf({ path, target }: ObjectLock): string {
  return path.startsWith(target) ? '' : says.placeOfLock(shown(path));
}

/** What a person types to remove a lock whose owner is gone, after a look. */
export function removalCommand(lock: ObjectLock): string {
  return says.removal(shellWord(lock.path));
}
