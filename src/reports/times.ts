const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Nov 22 23:03 UTC`, as CTest writes it. */
export function dateTime(ms: number): string {
  const date = new Date(ms);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${MONTHS[date.getUTCMonth()]} ${two(date.getUTCDate())}`;
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())} UTC`;
}

/** Whole seconds since 1970. */
export function seconds(ms: number): string {
  return String(Math.floor(ms / 1000));
}

/** Whole minutes; none where a clock was set back meanwhile. */
export function elapsedMinutes(started: number, ended: number): string {
  return String(Math.floor(Math.max(0, ended - started) / 60_000));
}
