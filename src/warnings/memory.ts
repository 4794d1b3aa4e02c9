import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import type { Remembered } from './thinning.js';

/** What a warning can be about. */
export type Subject = 'run' | 'submit' | 'overlap' | 'mail' | 'configuration';

const SUBJECTS: readonly Subject[] = ['run', 'submit', 'overlap', 'mail', 'configuration'];

/** Of each subject what is wrong, the one that came last first. */
export type Memory = Partial<Readonly<Record<Subject, readonly Remembered[]>>>;

/** Reads what is remembered. What cannot be read counts as forgotten: a warning too many is better than one too few. */
export function readMemory(file: string): Memory {
  try {
    const value: unknown = JSON.parse(readRegularFile(file, 64 * 1024) ?? '{}');
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(
      SUBJECTS.map((subject) => {
        const entries = (value as Record<Subject, unknown>)[subject];
        return [subject, Array.isArray(entries) ? entries.filter(isRemembered) : []];
      }),
    );
  } catch {
    return {};
  }
}

/**
 * Writes what is to be remembered. Two runs at once may each write what they know; one warning is then reported once too often.
 *
 * @throws the system's error; what was remembered before then stays
 */
export function writeMemory(file: string, memory: Memory): void {
  replaceAtomically(file, `${JSON.stringify(memory, undefined, 2)}\n`);
}

function isRemembered(value: unknown): value is Remembered {
  if (typeof value !== 'object' || value === null) return false;
  const { key, since, told, times, withheld, seen } = value as Record<keyof Remembered, unknown>;
  const isTime = (time: unknown): boolean => typeof time === 'string' && !Number.isNaN(Date.parse(time));
  const isCount = (count: unknown): boolean => typeof count === 'number' && count >= 0;
  return (
    typeof key === 'string' && isTime(since) && isTime(told) && isTime(seen) && isCount(times) && isCount(withheld)
  );
}
