import { shellWord } from '../text/shell-word.js';
import { shown } from '../text/shown.js';
import type { Inspection, Notice, ObjectLock } from './object-lock.js';
import type { Owner } from './owner.js';

/** Who holds a lock, for a message: `held by ci@..., since ..., alive`. Ends without a full stop. */
export function describeHolder(holder: Inspection, nowMs: number): string {
  if (holder.kind === 'free') return 'free again by now';
  const { owner, sinceMs, judgement } = holder;
  const who = owner === undefined ? 'held by an unknown process' : `held by process ${owner.pid}${placeOf(owner)}`;
  const since = sinceMs === undefined ? '' : ` since ${new Date(sinceMs).toISOString()} (${seconds(nowMs - sinceMs)})`;
  return `${who}${since}, ${judgement.fate}: ${judgement.why}`;
}

/** What to tell a person of a notice: which lock, who holds it and, once that is due, the command that helps. */
export function explainNotice(notice: Notice, nowMs: number): string {
  const { lock } = notice;
  if (notice.kind === 'broke-stale') {
    const who =
      notice.owner === undefined ? 'an unknown process' : `process ${notice.owner.pid}${placeOf(notice.owner)}`;
    return `removed the stale lock ${shown(lock.path)}${whatOf(lock)} of ${who} (${notice.why})`;
  }
  const text = `waiting for ${shown(lock.path)}${whatOf(lock)} for ${seconds(notice.waitedMs)}: ${describeHolder(notice.holder, nowMs)}`;
  if (!notice.escalated || notice.holder.kind === 'free') return text;
  const { owner } = notice.holder;
  const check = owner === undefined ? '' : ` Look at process ${owner.pid}${placeOf(owner)};`;
  return `${text}. OVERDUE.${check} if it is gone, remove the lock: ${removalCommand(lock)}`;
}

/** One in a directory of locks, or with a short name, does not say what it is the lock of. */
function whatOf({ path, target }: ObjectLock): string {
  return path.startsWith(target) ? '' : `, the lock of ${shown(target)},`;
}

/** What a person types to remove a lock whose owner is gone, after a look. */
export function removalCommand(lock: ObjectLock): string {
  return `rm -rf ${shellWord(lock.path)}`;
}

function placeOf({ host }: Owner): string {
  return host === '' ? '' : ` on ${host}`;
}

function seconds(ms: number): string {
  return `${Math.max(0, Math.round(ms / 1000))} s`;
}
