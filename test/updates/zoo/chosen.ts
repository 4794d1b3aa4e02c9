import { EXTENT, isOfPart } from '../../long-tests.js';
import type { State } from './state.js';

/** So many parts have all states. */
const PARTS = 7;

/** Which states a run of the long tests goes through: all, or those of its part. */
export function chosen(states: readonly State[]): readonly State[] {
  const extent = EXTENT;
  return extent.kind === 'part' ? states.filter((_, index) => isOfPart(index, PARTS, extent.number)) : states;
}
