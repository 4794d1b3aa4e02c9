import type { Progress } from './cleanup.js';

const REDRAWN_MS = 100;
const WIDTH = 30;

/** One line of a terminal that shows how far a clean-up is, drawn a few times in a second. */
export class ProgressBar {
  readonly #terminal: NodeJS.WritableStream;
  readonly #now: () => number;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #shown = false;

  /** @param now milliseconds by a clock that never goes back */
  constructor(terminal: NodeJS.WritableStream, now: () => number) {
    this.#terminal = terminal;
    this.#now = now;
  }

  show(progress: Progress): void {
    const now = this.#now();
    if (progress.stage !== 'asking' && now - this.#drawnMs < REDRAWN_MS) return;
    this.#drawnMs = now;
    this.#shown = true;
    this.#terminal.write(`\r\u001b[K${describeProgress(progress)}`);
  }

  /** Takes the line away; to be called before something else is written. */
  clear(): void {
    if (!this.#shown) return;
    this.#shown = false;
    this.#terminal.write('\r\u001b[K');
  }
}

/** While directories are walked, those known grow, so the bar may go back. */
export function describeProgress(progress: Progress): string {
  if (progress.stage === 'asking') return `asking ${progress.hosts} other host${progress.hosts === 1 ? '' : 's'} ...`;
  const { done, known } = progress;
  const filled = known === 0 ? 0 : Math.floor((WIDTH * done) / known);
  return `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${done} of ${known} directories`;
}
