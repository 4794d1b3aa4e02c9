import type { Fault } from '../version-control.js';
import { moveAway } from './advice.js';
import type { Place } from './place.js';

export const sortedPaths = (places: readonly Place[]): string[] => [...new Set(places.map(({ path }) => path))].sort();

/** None when there are no such files. */
export function faultOf(what: string, places: readonly Place[], advice: readonly string[]): Fault[] {
  return places.length === 0 ? [] : [{ what, paths: sortedPaths(places), advice }];
}

/** What stands where cvs would put something, and cvs neither replaces it nor goes past it. */
export const inTheWayOf = (source: string, places: readonly Place[]): Fault[] =>
  faultOf('in the way of what the repository has there:', places, moveAway(source, places));
