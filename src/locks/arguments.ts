import { basename } from 'node:path';
import type { AcquireOptions, BreakOptions } from './object-lock.js';
import { STRATEGIES } from './strategy.js';

/*
 * What callers pass is checked before anything is done with it. What is wrong is a fault in their program: a TypeError or a
 * RangeError that names the argument, as from Node's own functions, and no LockError.
 */

/** The longest time that a timer of Node can be set to, in milliseconds; it takes a longer one for 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** There is one lock for each. */
export const MOST_SLOTS = 1000;

/** @throws TypeError, RangeError */
export function checkTarget(target: unknown): void {
  if (typeof target !== 'string') throw new TypeError(`target: expected a path as a string, got ${kind(target)}`);
  if (target.includes('\0')) throw new TypeError('target: a path cannot contain a NUL');
  if (['', '.', '..'].includes(basename(target))) {
    throw new TypeError(`target: ${JSON.stringify(target)} does not name anything in a directory`);
  }
}

/** @throws TypeError, RangeError */
export function checkOpenOptions(options: unknown): void {
  const { strategy, settings, fencing } = fields('options', options, ['strategy', 'settings', 'fencing']);
  const strategies: readonly unknown[] = [undefined, 'auto', ...STRATEGIES];
  if (!strategies.includes(strategy)) {
    throw new TypeError(`options.strategy: expected auto, ${STRATEGIES.join(', ')}, got ${kind(strategy)}`);
  }
  checkBoolean('options.fencing', fencing);
  if (settings === undefined) return;
  const { pollMs, warnMs, overdueMs } = fields('options.settings', settings, ['pollMs', 'warnMs', 'overdueMs']);
  checkTime('options.settings.pollMs', pollMs, 1, LONGEST_TIMER_MS);
  checkTime('options.settings.warnMs', warnMs, 1);
  checkTime('options.settings.overdueMs', overdueMs, 0);
}

/** @throws TypeError, RangeError */
export function checkSlots(slots: unknown): void {
  if (typeof slots !== 'number') throw new TypeError(`slots: expected a number, got ${kind(slots)}`);
  if (!Number.isInteger(slots) || slots < 1 || slots > MOST_SLOTS)
    throw new RangeError(`slots: expected a whole number from 1 to ${MOST_SLOTS}, got ${slots}`);
}

/** @throws TypeError, RangeError */
export function checkAcquireOptions(options: AcquireOptions): void {
  const { timeoutMs, signal, onNotice } = fields('options', options, ['timeoutMs', 'signal', 'onNotice']);
  checkTime('options.timeoutMs', timeoutMs, 0);
  if (signal !== undefined && !isSignal(signal)) {
    throw new TypeError(`options.signal: expected an AbortSignal, got ${kind(signal)}`);
  }
  if (onNotice !== undefined && typeof onNotice !== 'function') {
    throw new TypeError(`options.onNotice: expected a function, got ${kind(onNotice)}`);
  }
}

/** @throws TypeError */
export function checkBreakOptions(options: BreakOptions): void {
  const { force, ifStill } = fields('options', options, ['force', 'ifStill']);
  checkBoolean('options.force', force);
  if (ifStill !== undefined && fields('options.ifStill', ifStill)['kind'] !== 'held') {
    throw new TypeError('options.ifStill: expected what inspect() has said of a lock that is held');
  }
}

/** The properties of an object. With `known`, a misspelt one is an error: it would be ignored, and a wait last for ever. */
function fields(name: string, value: unknown, known?: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`${name}: expected an object, got ${kind(value)}`);
  for (const key of known === undefined ? [] : Object.keys(value)) {
    if (!known?.includes(key)) throw new TypeError(`${name}.${key}: no such option; there are ${known?.join(', ')}`);
  }
  return value as Record<string, unknown>;
}

function checkTime(name: string, value: unknown, least: number, most = Number.POSITIVE_INFINITY): void {
  if (value === undefined) return;
  if (typeof value !== 'number') throw new TypeError(`${name}: expected milliseconds as a number, got ${kind(value)}`);
  if (value >= least && value <= most) return; // NaN is neither
  const limit = most === Number.POSITIVE_INFINITY ? '' : `, and at most ${most}`;
  throw new RangeError(`${name}: expected at least ${least} ms${limit}, got ${value}`);
}

function checkBoolean(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return;
  throw new TypeError(`${name}: expected true or false, got ${kind(value)}`);
}

/** Also one of another realm, or of a package that offers its own. */
function isSignal(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return 'aborted' in value && 'addEventListener' in value && typeof value.addEventListener === 'function';
}

function kind(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'an array' : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}
