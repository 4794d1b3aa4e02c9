import * as says from '../tables/messages.js';
import { DEFAULT_SETTINGS, type LockSettings } from './settings.js';
import type { Strategy } from './strategy.js';

export interface EnvironmentSettings extends LockSettings {
  /** 0: errors only; from 1 on also the removal of stale locks. */
  readonly verbose: number;
}

/**
 * The settings that the variables of ct-lock-helper ask for. A value that is no number is named in `warnings`, and the
 * default holds.
 *
 * @param strategy decides which of the more specific sleep intervals counts
 */
export function settingsFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  strategy: Strategy,
): { readonly settings: EnvironmentSettings; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const number = (name: string, unit: string, least: number): number | undefined => {
    const text = environment[name]?.trim();
    if (text === undefined || text === '') return undefined;
    const value = /^\d*\.?\d+(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    if (Number.isFinite(value) && value >= least) return value;
    warnings.push(says.ignoredSetting(name, text, unit));
    return undefined;
  };
  const seconds = (name: string): number | undefined => {
    const value = number(name, says.unitSeconds, 0.001);
    return value === undefined ? undefined : value * 1000;
  };
  const specific = strategy === 'cifs' ? '_CIFS' : strategy === 'flock' || strategy === 'fcntl' ? '_FLOCK' : '';
  const settings = {
    pollMs:
      (specific === '' ? undefined : seconds(`CT_LOCK_SLEEP_INTERVAL${specific}`)) ?? seconds('CT_LOCK_SLEEP_INTERVAL'),
    warnMs: seconds('CT_LOCK_WARN_INTERVAL') ?? DEFAULT_SETTINGS.warnMs,
    overdueMs: seconds('CT_LOCK_TIMEOUT') ?? DEFAULT_SETTINGS.overdueMs,
    verbose: number('CT_LOCK_VERBOSE', says.unitNumber, 0) ?? 0,
  };
  return { settings, warnings };
}
