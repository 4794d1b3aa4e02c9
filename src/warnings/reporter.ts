import { createHash } from 'node:crypto';
import { formatDuration } from '../text/duration.js';
import { momentText } from '../text/moment.js';
import { type Memory, readMemory, type Subject, writeMemory } from './memory.js';
import { sameState } from './same-state.js';
import { type Remembered, thin } from './thinning.js';

/** Reports warnings, or leaves out what was reported before. */
export interface Warnings {
  warn(subject: Subject, state: string, lines: readonly string[]): readonly string[];
  over(subject: Subject, what: string, began: Date): readonly string[];
}

/** Reports the warnings of one build's runs, and leaves out what was reported before. */
export class WarningReporter implements Warnings {
  readonly #file: string;
  readonly #now: () => Date;

  /** @param file where it is remembered, from run to run */
  constructor(file: string, now: () => Date) {
    this.#file = file;
    this.#now = now;
  }

  /**
   * @param state what the warning is about, in words: what {@link sameState} leaves of it tells it from others
   * @param lines what to tell
   * @returns what to report now; nothing when it was reported before
   */
  warn(subject: Subject, state: string, lines: readonly string[]): readonly string[] {
    const memory = readMemory(this.#file);
    const now = this.#now();
    const { tell, again, remember } = thin(memory[subject] ?? [], keyOf(state), now);
    this.#remember({ ...memory, [subject]: remember });
    if (!tell) return [];
    return again === undefined ? lines : [...lines, repeatedText(again, now)];
  }

  /**
   * @param began when the run began for which all is well; a warning that came after that was of another run, which this one
   *   has kept waiting, and is over for the next
   * @returns the line for a warning that is no longer true; nothing when there was none
   */
  over(subject: Subject, what: string, began: Date): readonly string[] {
    const memory = readMemory(this.#file);
    const all = memory[subject] ?? [];
    const over = all.filter(({ since }) => Date.parse(since) <= began.getTime());
    const [oldest] = over.toSorted((a, b) => Date.parse(a.since) - Date.parse(b.since));
    if (oldest === undefined) return [];
    this.#remember({ ...memory, [subject]: all.filter((each) => !over.includes(each)) });
    return [`${what} The problem of ${momentText(oldest.since)}${withheldText(over)} is over.`];
  }

  /** A warning that cannot be remembered is reported each time. */
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
  return `  The same as ${ago} ago${withheld === 0 ? '' : `, and ${times} in between, not reported`}; --every-warning reports each one.`;
}

function withheldText(over: readonly Remembered[]): string {
  const withheld = over.reduce((sum, each) => sum + each.withheld, 0);
  return withheld === 0 ? '' : ` (${withheld === 1 ? 'once' : `${withheld} times`} more not reported)`;
}

/** Short, because explanations quote what clients say and the file is read by each run. */
function keyOf(state: string): string {
  return createHash('sha256').update(sameState(state)).digest('hex').slice(0, 32);
}
