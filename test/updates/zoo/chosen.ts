import type { State } from './state.js';

/** Which states a run of the tests goes through besides the quick ones: none, `all`, or the `part` of the day. */
const ZOO = process.env['STAGELOCK_ZOO'];

/** Whether more is asked for than the quick ones. */
export const IS_ZOO_ASKED = ZOO === 'all' || ZOO === 'part';

/** So many days of parts have all states. */
const PARTS = 7;
const DAY_MS = 86_400_000;

/** @param index of the state among those of its system */
export function isChosen({ quick }: Pick<State, 'quick'>, index: number): boolean {
  return quick === true || ZOO === 'all' || (ZOO === 'part' && isOfDay(index, new Date()));
}

/** By the day in UTC. */
export const isOfDay = (index: number, now: Date): boolean =>
  (index + Math.floor(now.getTime() / DAY_MS)) % PARTS === 0;
