/** Durations for a person: `90 s`, `10 min`, `1 h 30 min`, `500 ms`, `2 d`. In the program: milliseconds. */

export const UNITS = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1000 },
  { name: 'ms', ms: 1 },
] as const;

/**
 * `ms` milliseconds for a person: the two largest units that matter (`2 min 5 s`), one decimal below ten seconds
 * (`1.5 s`). `parseDuration` of the configuration reads it back, within that rounding.
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
