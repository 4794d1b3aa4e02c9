import { readRegularFile, replaceAtomically } from '../files/atomic-file.js';
import { object, parseRecord, rightOf, type TypeOf } from '../records/schema.js';
import { REMEMBERED } from './thinning.js';

const subject = rightOf(REMEMBERED);

/** What a warning can be about, and of each subject what is wrong, the one that came last first. */
const MEMORY = object({
  run: subject,
  submit: subject,
  overlap: subject,
  mail: subject,
  notify: subject,
  stuck: subject,
  waited: subject,
  configuration: subject,
});

/** What a warning can be about. */
export type Subject = keyof TypeOf<typeof MEMORY>;

/** Of each subject what is wrong, the one that came last first. */
export type Memory = Partial<TypeOf<typeof MEMORY>>;

/** Reads what is remembered. What cannot be read counts as forgotten: a warning too many is better than one too few. */
export function readMemory(file: string): Memory {
  try {
    return parseRecord(MEMORY, readRegularFile(file, 64 * 1024) ?? '') ?? {};
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
