import { basename } from 'node:path';
import {
  checkBoolean,
  checkCount,
  checkFunction,
  checkSignal,
  checkTime,
  fieldsOf,
  kindOf,
} from '../text/arguments.js';
import type { AcquireOptions, BreakOptions } from './object-lock.js';
import { STRATEGIES } from './strategy.js';

/** The longest time that a timer of Node can be set to, in milliseconds; it takes a longer one for 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** There is one lock for each. */
export const MOST_SLOTS = 1000;

/** @throws TypeError, RangeError */
export function checkTarget(target: unknown): void {
  if (typeof target !== 'string') throw new TypeError(`target: expected a path as a string, got ${kindOf(target)}`);
  if (target.includes('\0')) throw new TypeError('target: a path cannot contain a NUL');
  if (['', '.', '..'].includes(basename(target))) {
    throw new TypeError(`target: ${JSON.stringify(target)} does not name anything in a directory`);
  }
}

/** @throws TypeError, RangeError */
export function checkOpenOptions(options: unknown): void {
  const { strategy, settings, fencing } = fieldsOf('options', options, ['strategy', 'settings', 'fencing']);
  const strategies: readonly unknown[] = [undefined, 'auto', ...STRATEGIES];
  if (!strategies.includes(strategy)) {
    throw new TypeError(`options.strategy: expected auto, ${STRATEGIES.join(', ')}, got ${kindOf(strategy)}`);
  }
  checkBoolean('options.fencing', fencing);
  if (settings === undefined) return;
  const { pollMs, warnMs, overdueMs } = fieldsOf('options.settings', settings, ['pollMs', 'warnMs', 'overdueMs']);
  checkTime('options.settings.pollMs', pollMs, 1, LONGEST_TIMER_MS);
  checkTime('options.settings.warnMs', warnMs, 1);
  checkTime('options.settings.overdueMs', overdueMs, 0);
}

/** @throws TypeError, RangeError */
export function checkSlots(slots: unknown): void {
  checkCount('slots', slots, MOST_SLOTS);
}

/** @throws TypeError, RangeError */
export function checkAcquireOptions(options: AcquireOptions): void {
  const { timeoutMs, signal, onNotice } = fieldsOf('options', options, ['timeoutMs', 'signal', 'onNotice']);
  checkTime('options.timeoutMs', timeoutMs, 0);
  checkSignal('options.signal', signal);
  checkFunction('options.onNotice', onNotice);
}

/** @throws TypeError */
export function checkBreakOptions(options: BreakOptions): void {
  const { force, ifStill } = fieldsOf('options', options, ['force', 'ifStill']);
  checkBoolean('options.force', force);
  if (ifStill !== undefined && fieldsOf('options.ifStill', ifStill)['kind'] !== 'held') {
    throw new TypeError('options.ifStill: expected what inspect() has said of a lock that is held');
  }
}
