import { shown } from '../text/shown.js';
import type { Ahead } from './named-lock.js';

/** So many that are ahead are named. */
const MOST_NAMED = 5;

/** Those that a claim waits for, one a line. Their claims end by themselves when they end, or a lease later when they die. */
export function describeAhead(ahead: readonly Ahead[]): string[] {
  const named = ahead.slice(0, MOST_NAMED).map(describeClaim);
  const more = ahead.length - named.length;
  return more > 0 ? [...named, `and ${more} more`] : named;
}

function describeClaim({ key, claim, record }: Ahead): string {
  if (record === undefined) return `${shown(key)}, which is no claim that stagelock makes`;
  const how = claim.kind === 'exclusive' ? '' : ` (${claim.kind})`;
  const since = Date.parse(record.since);
  const when = Number.isNaN(since) ? '' : `, since ${new Date(since).toISOString()}`;
  return `pid ${record.pid} of ${shown(record.user, 64)} on ${shown(record.host, 255)}${how}${when}: ${shown(record.command, 120)}`;
}
