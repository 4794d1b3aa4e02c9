import type { Subscriber } from '../config/project.js';
import type { BuildEvent } from './event.js';

/** Results of runs that have left the build to another run, one that is alive: that one says how it is. */
const LEFT_TO_OTHERS: ReadonlySet<string | undefined> = new Set(['held', 'secondaries-building']);

/** Whether a subscriber gets an event. */
export function wants(subscriber: Subscriber, event: BuildEvent): boolean {
  if (event.event === 'test') return true;
  if (subscriber.builds !== undefined && !subscriber.builds.has(event.build)) return false;
  switch (subscriber.kind) {
    case 'command':
    case 'webhook':
      if (event.event === 'start' || !subscriber.on.has(event.event)) return false;
      // As in `stagelock log`, which does not show what never began or had nothing to do.
      return event.event !== 'run' || (event.stamp !== undefined && event.result !== 'no-news');
    case 'ping':
      return event.event === 'start' || (event.event === 'run' && !isLeftToOthers(event));
    case 'commit-status':
      return (event.event === 'start' || event.event === 'run') && commitOf(event) !== undefined;
  }
}

/** The commit that a run builds; undefined when it builds none of git's. */
export function commitOf({ update }: BuildEvent): string | undefined {
  return update?.system === 'git' && /^[0-9a-f]{40,64}$/.test(update.revision) ? update.revision : undefined;
}

function isLeftToOthers({ result, locks }: BuildEvent): boolean {
  return LEFT_TO_OTHERS.has(result) && locks.length > 0 && locks.every(({ fate }) => fate === 'alive');
}
