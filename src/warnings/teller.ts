import { formatDuration } from '../config/duration.js';
import { type Memory, readMemory, type Subject, writeMemory } from './memory.js';
import { type Remembered, thin } from './thinning.js';

/** Tells the warnings of one build's runs, and leaves out what was told before. */
export class WarningTeller {
  readonly #file: string;
  readonly #now: () => Date;

  /** @param file where it is remembered, from run to run */
  constructor(file: string, now: () => Date) {
    this.#file = file;
    this.#now = now;
  }

  /**
   * @param key what the warning is about, without what differs each time
   * @param lines what to tell
   * @returns what to tell now; nothing when it was told before
   */
  warn(subject: Subject, key: string, lines: readonly string[]): readonly string[] {
    const memory = readMemory(this.#file);
    const now = this.#now();
    const { tell, again, remember } = thin(memory[subject], key, now);
    this.#remember({ ...memory, [subject]: remember });
    if (!tell) return [];
    return again === undefined ? lines : [...lines, repeatedText(again, now)];
  }

  /**
   * @param began when the run began for which all is well; a warning that came after that was of another run, which this one
   *   has kept waiting, and is over for the next
   * @returns what to tell of a warning that is not true any more; nothing when there was none
   */
  over(subject: Subject, what: string, began: Date): readonly string[] {
    const { [subject]: last, ...others } = readMemory(this.#file);
    if (last === undefined || Date.parse(last.since) > began.getTime()) return [];
    this.#remember(others);
    return [`${what} What was wrong since ${last.since}${withheldText(last)} is over.`];
  }

  /** A warning that cannot be remembered is told each time. */
  #remember(memory: Memory): void {
    try {
      writeMemory(this.#file, memory);
    } catch {
      // A full disk has its own message.
    }
  }
}

function repeatedText({ since, withheld }: { readonly since: string; readonly withheld: number }, now: Date): string {
  const times = withheld === 1 ? 'once' : `${withheld} times`;
  const ago = formatDuration(now.getTime() - Date.parse(since));
  return `  The same as ${ago} ago${withheld === 0 ? '' : `, and ${times} in between that were not told`}; --every-warning tells each time.`;
}

function withheldText({ withheld }: Remembered): string {
  return withheld === 0 ? '' : ` (${withheld === 1 ? 'once' : `${withheld} times`} more not told)`;
}
