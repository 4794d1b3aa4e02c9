import type { Contents } from './contents.js';
import type { Snapshots } from './snapshots.js';

/** What is kept beside the journal, because CVS itself keeps nothing of it. */
export interface Memory {
  readonly snapshots: Snapshots;
  readonly contents: Contents;
  /** The revision that was recorded last. */
  readonly recorded: () => string | undefined;
}
