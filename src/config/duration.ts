/** Durations as people write them: `90 s`, `10 min`, `1 h 30 min`, `500 ms`, `2 d`. In the program: milliseconds. */

const UNITS = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1000 },
  { name: 'ms', ms: 1 },
] as const;

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

/**
 * `ms` milliseconds for a person: the two largest units that matter (`2 min 5 s`), one decimal below ten seconds
 * (`1.5 s`). {@link parseDuration} reads it back, within that rounding.
 */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole === 0) return '0 s';
  if (whole < 1000) return `${whole} ms`;
  // 9.96 s is not `10.0 s`: it belongs to the whole seconds below.
  if (whole < 9950) return `${Number((whole / 1000).toFixed(1))} s`;
  const first = UNITS.findIndex((unit) => whole >= unit.ms);
  const unit = UNITS[Math.min(first + 1, 3)] ?? UNITS[3];
  const rounded = Math.round(whole / unit.ms) * unit.ms;
  return inUnits(rounded);
}

function inUnits(ms: number): string {
  const parts: string[] = [];
  let rest = ms;
  for (const unit of UNITS) {
    const amount = Math.floor(rest / unit.ms);
    rest -= amount * unit.ms;
    if (amount > 0) parts.push(`${amount} ${unit.name}`);
  }
  return parts.join(' ');
}

/** {@link parseDuration} of a value that has been checked before. */
export function milliseconds(value: number | string): number {
  const ms = parseDuration(value);
  if (ms === undefined) throw new Error(`Not a duration: ${value}`);
  return ms;
}
