/*
 * What callers of the library pass is checked before anything is done with it. What is wrong is a fault in their program: a TypeError or a
 * RangeError that names the argument, as from Node's own functions.
 */

/** The properties of an object. With `known`, a misspelt one is an error: it would be ignored, and a wait last for ever. */
export function fieldsOf(name: string, value: unknown, known?: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`${name}: expected an object, got ${kindOf(value)}`);
  for (const key of known === undefined ? [] : Object.keys(value)) {
    if (!known?.includes(key)) throw new TypeError(`${name}.${key}: no such option; there are ${known?.join(', ')}`);
  }
  return value as Record<string, unknown>;
}

/** A number of milliseconds, if it is given. */
export function checkTime(name: string, value: unknown, least: number, most = Number.POSITIVE_INFINITY): void {
  if (value === undefined) return;
  if (typeof value !== 'number')
    throw new TypeError(`${name}: expected milliseconds as a number, got ${kindOf(value)}`);
  if (value >= least && value <= most) return; // NaN is neither
  const limit = most === Number.POSITIVE_INFINITY ? '' : `, and at most ${most}`;
  throw new RangeError(`${name}: expected at least ${least} ms${limit}, got ${value}`);
}

/** A whole number from 1 on. */
export function checkCount(name: string, value: unknown, most: number): void {
  if (typeof value !== 'number') throw new TypeError(`${name}: expected a number, got ${kindOf(value)}`);
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new RangeError(`${name}: expected a whole number from 1 to ${most}, got ${value}`);
}

export function checkBoolean(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return;
  throw new TypeError(`${name}: expected true or false, got ${kindOf(value)}`);
}

/** An AbortSignal, if it is given; also one of another realm, or of a package that offers its own. */
export function checkSignal(name: string, value: unknown): void {
  if (value === undefined) return;
  const isObject = typeof value === 'object' && value !== null;
  if (isObject && 'aborted' in value && 'addEventListener' in value && typeof value.addEventListener === 'function')
    return;
  throw new TypeError(`${name}: expected an AbortSignal, got ${kindOf(value)}`);
}

export function checkFunction(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return;
  throw new TypeError(`${name}: expected a function, got ${kindOf(value)}`);
}

/** What an argument is, for a message. */
export function kindOf(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (value === undefined || value === null || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  return Array.isArray(value) ? 'an array' : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}
