import type { WorldEvent } from './world.js';

/** The files that the steps of one run leave when it dies after the last of them, as `<build>/<lock>`. */
export function locksLeft(events: readonly WorldEvent[]): string[] {
  const left = new Set<string>();
  for (const { build, step } of events) {
    const own = (lock: string): string => `${build}/${lock}`;
    switch (step) {
      case 'begin: running created':
        left.add(own('running'));
        break;
      case 'begin: update claimed':
      case 'update: stage locked':
        left.add(own('update'));
        break;
      case 'join: joined':
        left.add(`main/running.${build}`);
        break;
      case 'update: ended':
        left.delete(own('update'));
        break;
      case 'stage: locked':
        left.add(own('build'));
        break;
      case 'stage: unlocked':
        left.delete(own('build'));
        break;
      case 'leave: left':
        left.delete(`main/running.${build}`);
        break;
      case 'end: running removed':
        left.delete(own('running'));
        break;
      default:
        break;
    }
  }
  return [...left].sort();
}
