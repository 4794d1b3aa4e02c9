import { readdirSync } from 'node:fs';
import { errorCode } from '../host/error-code.js';
import { isShortName, shortName } from '../locks/index.js';
import { recognise } from './leftover.js';

/**
 * The names of targets in a directory that a short name stands for: of what is there, and of what has a lock there. Empty when
 * it is no short name, or its target is gone.
 */
export function namesBehind(directory: string, short: string): string[] {
  if (!isShortName(short)) return [];
  const names = new Set<string>();
  for (const name of entriesOf(directory)) {
    if (shortName(name) === short) names.add(name);
    const leftover = recognise(name);
    if (leftover?.kind !== 'lock' && leftover?.kind !== 'base') continue;
    if (shortName(leftover.target) === short) names.add(leftover.target);
  }
  return [...names];
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return []; // it may be searched and not read
  }
}
