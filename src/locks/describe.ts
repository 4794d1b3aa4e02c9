import * as says from '../tables/messages.js';
import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';
import type { Inspection, Notice, ObjectLock } from './object-lock.js';
import type { Owner } from './owner.js';

/** Who holds a lock, for a message: `held by ci@..., since ..., alive`. Ends without a full stop. */
export function describeHolder(holder: Inspection, nowMs: number): string {
  if (holder.kind === 'free') return says.freeAgain;
  const { owner, sinceMs, judgement } = holder;
  const who = owner === undefined ? says.heldByUnknown : says.heldByProcess(processOf(owner));
  const since = sinceMs === undefined ? '' : says.since(new Date(sinceMs).toISOString(), secondsOf(nowMs - sinceMs));
  return says.heldBy(who, since, judgement.fate, judgement.why);
}

/** What to tell a person of a notice: which lock, who holds it and, once that is due, the command that helps. */
export function explainNotice(notice: Notice, nowMs: number): string {
  const { lock } = notice;
  if (notice.kind === 'broke-stale') {
    const who = notice.owner === undefined ? 'an unknown process' : processOf(notice.owner);
    return `removed the stale lock ${shown(lock.path)}${whatOf(lock)} of ${who} (${notice.why})`;
  }
  const holder = describeHolder(notice.holder, nowMs);
  const text = says.waiting(shown(lock.path), whatOf(lock), secondsOf(notice.waitedMs), holder);
  if (!notice.escalated || notice.holder.kind === 'free') return text;
  const { owner } = notice.holder;
  const look = owner === undefined ? '' : says.lookAtProcess(processOf(owner));
  return says.overdue(text, look, removalCommand(lock));
}

/** One in a directory of locks, or with a short name, does not say what it is the lock of. */
function whatOf({ path, target }: ObjectLock): string {
  return path.startsWith(target) ? '' : says.lockOf(shown(target));
}

/** What a person types to remove a lock whose owner is gone, after a look. */
export function removalCommand(lock: ObjectLock): string {
  return says.removal(shellWord(lock.path));
}

function processOf({ host, pid }: Owner): string {
  return host === '' ? says.process(pid) : says.processOn(pid, host);
}

const secondsOf = (ms: number): number => Math.max(0, Math.round(ms / 1000));
