import { errorText } from '../text/error-text.js';
import { ageOf, describeFiring, type Firing, isStillToCome } from './firing.js';
import { type Claimant, FiringBook } from './firing-book.js';
import { localMinuteOf } from './local-time.js';

/** What an election takes from its scheduler. */
export interface Electorate {
  /** Ourselves. */
  readonly me: Claimant;
  /** How much later than it was claimed a run may begin by chance, in milliseconds. */
  readonly randomDelayMs: number;
  readonly timeZone: string | undefined;
  /** Whether a firing that has not begun may well be about to, or waits for its turn. */
  readonly isWaiting: (firing: Firing) => boolean;
  /** Runs a firing that was taken over. */
  readonly run: (firing: Firing) => void;
  readonly note: (text: string) => void;
  readonly complain: (text: string) => void;
}

const SECOND_MS = 1000;
/** So long after it was claimed a run has begun, unless its scheduler has died or its host is overloaded. */
const BEGUN_MS = 30 * SECOND_MS;
/** A run that does not even begin is not tried for ever: its configuration is wrong, or the disk is full. */
const MOST_ATTEMPTS = 4;
/** After this a run that has not begun is not made up for. */
const BYGONE_MS = 3600 * SECOND_MS;
/** How long it is remembered what was run, in milliseconds. */
export const REMEMBERED_MS = 24 * 3600 * SECOND_MS;

/** Which firings of a build this scheduler runs, of all those that there are of its project. */
export class Election {
  readonly #build: string;
  readonly #book: FiringBook;
  readonly #electorate: Electorate;
  /** One for each firing that is watched over. */
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #closed = false;

  /** @param state the directory of the project's schedulers */
  constructor(state: string, build: string, electorate: Electorate) {
    this.#build = build;
    this.#book = new FiringBook(state, build);
    this.#electorate = electorate;
  }

  /** @returns whether a firing is ours to run. @throws the system's error; then it is claimed by none */
  isOurs(firing: Firing): boolean {
    if (this.#closed) return false;
    const isOurs = this.#book.claim(firing, 1, this.#electorate.me);
    this.#watchOver(firing);
    return isOurs;
  }

  /** Lets no scheduler run a firing any more. @returns whether none has */
  settle(firing: Firing): boolean {
    try {
      return this.#book.begin(firing, this.#electorate.me);
    } catch {
      return true; // a full disk, of which others have more to say
    }
  }

  /** Watches over what was claimed before this scheduler started and has not begun. */
  takeUp(): void {
    this.#guarded(() => {
      for (const { firing } of this.#book.unstarted()) if (!this.#isBygone(firing)) this.#watchOver(firing);
    });
  }

  /** Forgets what is too old to be asked for. */
  prune(): void {
    this.#guarded(() => this.#book.prune(Date.now() - REMEMBERED_MS));
  }

  /** Forgets what was run before its time, by a clock of this host that was ahead and was put right. */
  forget(): void {
    const nowMs = Date.now();
    const { me, timeZone } = this.#electorate;
    const shown = localMinuteOf(nowMs, timeZone);
    this.#guarded(() => this.#book.forget(me.host, (firing) => isStillToCome(firing, nowMs, shown)));
  }

  /** Nothing is ours any more. */
  end(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  /**
   * Looks later whether the claimant of a firing, which may be this host (a restart in the middle of a random delay), has begun
   * it, and takes it over otherwise. Whether the claimant still runs makes no difference: one run begins at most.
   */
  #watchOver(firing: Firing): void {
    if (this.#timers.has(firing.name)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(firing.name);
      let isSettled = false;
      this.#guarded(() => {
        isSettled = this.#takeOver(firing);
      });
      if (!isSettled) this.#watchOver(firing);
    }, BEGUN_MS + this.#electorate.randomDelayMs);
    this.#timers.set(firing.name, timer);
  }

  /** A run that has not begun for so long is not made up for, as by cron; a change still is. */
  #isBygone(firing: Firing): boolean {
    const { randomDelayMs, timeZone } = this.#electorate;
    const nowMs = Date.now();
    const ageMs = ageOf(firing, nowMs, localMinuteOf(nowMs, timeZone));
    return firing.kind !== 'change' && ageMs > BYGONE_MS + randomDelayMs;
  }

  /** @returns whether there is no need to look again */
  #takeOver(firing: Firing): boolean {
    const { me, isWaiting, run, note } = this.#electorate;
    const attempts = this.#book.attempts(firing);
    if (attempts === undefined || attempts >= MOST_ATTEMPTS) return true;
    if (!isWaiting(firing) && this.#book.claim(firing, attempts + 1, me)) {
      note(`${this.#build}: no scheduler started the run ${describeFiring(firing)}; taking it over`);
      run(firing);
    }
    return false;
  }

  /** A file server that does not answer must not end the scheduler. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#electorate.complain(`${this.#build}: ${errorText(error)}`);
    }
  }
}
