import * as says from '../tables/messages.js';
import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';
import { durationText, heldBy, heldByAll, holderText, WAITS_ALONE } from './held-by.js';
import type { Holder, Inspection, Notice, ObjectLock } from './object-lock.js';

/** Who holds a lock, for a message: {@link heldBy}, or that it is free again. Ends without a full stop. */
export function describeHolder(holder: Inspection, nowMs: number): string {
  if (holder.kind === 'free') return says.freeAgain;
  const { owner, judgement, sharers = [] } = holder;
  if (judgement.why === WAITS_ALONE) return `next is ${holderText(owner)}, which waits to hold it alone`;
  const facts = (one: Omit<Holder, 'path'>) =>
    [one.owner, one.judgement, one.sinceMs === undefined ? undefined : nowMs - one.sinceMs] as const;
  return sharers.length > 1 ? heldByAll(sharers.map(facts)) : heldBy(...facts(holder));
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
  const { owner, sharers = [] } = notice.holder;
  const look = owner === undefined ? '' : says.lookAtProcess(holderText(owner));
  const unsure = sharers.find(({ judgement }) => judgement.fate !== 'alive');
  return says.overdue(text, look, removalCommand(unsure ?? lock));
}

/** Where a lock is that does not stand beside its target: in a directory of locks, or under a short name. */
function placeOf({ path, target }: ObjectLock): string {
  return path.startsWith(target) ? '' : says.placeOfLock(shown(path));
}

/** What a person types to remove a lock whose owner is gone, after a look. */
export function removalCommand(lock: Pick<ObjectLock, 'path'>): string {
  return says.removal(shellWord(lock.path));
}
