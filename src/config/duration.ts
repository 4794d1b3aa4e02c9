/** Durations as people write them: `90 s`, `10 min`, `1 h 30 min`, `500 ms`, `2 d`. In the program: milliseconds. */

import { UNITS } from '../text/duration.js';

/** Node's timers hold 31 bits of milliseconds and fire at once beyond that; whole days make a limit people can remember. */
export const MAX_DURATION_MS = 24 * 86_400_000;

const NUMBER = String.raw`(\d+(?:\.\d+)?)`;
const PARTS = new RegExp(`^\\s*${UNITS.map((unit) => `(?:${NUMBER}\\s*${unit.name}(?![a-z])\\s*)?`).join('')}$`);

/**
 * Milliseconds, rounded to whole ones, of a number of seconds or of a text whose units fall from `d` to `ms`, each at
 * most once. Undefined for anything else, negative numbers included.
 */
export function parseDuration(value: number | string): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? Math.round(value * 1000) : undefined;
  const amounts = PARTS.exec(value)?.slice(1);
  if (amounts === undefined || amounts.every((amount) => amount === undefined)) return undefined;
  const total = UNITS.reduce((sum, unit, index) => sum + Number(amounts[index] ?? 0) * unit.ms, 0);
  return Number.isFinite(total) ? Math.round(total) : undefined;
}

/** {@link parseDuration} of a value that has been checked before. */
export function milliseconds(value: number | string): number {
  const ms = parseDuration(value);
  if (ms === undefined) throw new Error(`Not a duration: ${value}`);
  return ms;
}
