import { dirname } from 'node:path';
import { entryAt } from './entry.js';
import { leavesReading } from './sharing.js';

/** What one look at a directory counts for: its permissions are changed by people. */
const LOOK_MS = 1000;
const WRITTEN_BY_OTHERS = 0o022;

/**
 * The local directory that a lock stands in.
 *
 * Where only its owner may write, no other user can make a lock or remove one: then the lock need not be opened to a group,
 * which takes as many system calls as the lock itself. If the directory is shared later, a lock that a dead process has left
 * in it can still be moved away by any user who may write there.
 */
export class Surroundings {
  readonly #directory: string;
  readonly #isOpened: boolean;
  #isShared = true;
  #lookedMs = Number.NEGATIVE_INFINITY;

  /**
   * @param path of the lock
   * @param isOpened whether its locks are opened to the group everywhere, as ct-lock-helper does
   */
  constructor(path: string, isOpened: boolean) {
    this.#directory = dirname(path);
    this.#isOpened = isOpened;
  }

  /** Whether a lock here has to get the permissions and the group of a shared one. */
  isShared(nowMs: number): boolean {
    if (this.#isOpened) return true;
    if (Math.abs(nowMs - this.#lookedMs) > LOOK_MS) {
      const mode = entryAt(this.#directory)?.mode ?? WRITTEN_BY_OTHERS;
      // What may not be read cannot be judged, not even by root of another host.
      this.#isShared = (mode & WRITTEN_BY_OTHERS) !== 0 || !leavesReading();
      this.#lookedMs = nowMs;
    }
    return this.#isShared;
  }
}
