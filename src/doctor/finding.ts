import type { Strategy } from '../locks/index.js';

/** The result of a test, or why it could not be run. */
export type Attempt<T> =
  | ({ readonly kind: 'done' } & T)
  | {
      readonly kind: 'failed';
      /** Of the system, for example `ENOLCK`; undefined for other reasons. */
      readonly code: string | undefined;
      readonly why: string;
    };

/** Several processes make the same names; of each, one has to succeed. */
export interface Race {
  readonly processes: number;
  readonly names: number;
  /** Names that more than one process made. */
  readonly shared: number;
  /** Names that no process made, although they were not there. */
  readonly unclaimed: number;
}

/** How often which code of an error occurred. */
export type Errors = Readonly<Record<string, number>>;

/** One process replaces a file by rename(2), others read it. */
export interface Replacement {
  readonly renames: number;
  /** Renames that the file system refused, because others had the file open. */
  readonly refusals: Errors;
  /** The slowest of them. */
  readonly longestMs: number;
  readonly reads: number;
  /** The file was not there. */
  readonly missing: number;
  /** Old and new content mixed, or part of one. */
  readonly torn: number;
  /** The system's errors, with how often there were: ESTALE when the server had forgotten the file while it was read. */
  readonly errors: Errors;
}

export interface Sharing {
  /** Permission bits of the directory, set-group-ID and sticky bit included. */
  readonly directoryMode: number;
  readonly directoryGroup: number;
  readonly lockDirectoryMode: number;
  readonly recordMode: number;
  readonly lockGroup: number;
}

/**
 * How long after a change the other side saw it, in milliseconds; null if not within {@link SIGHT_LIMIT_MS}. What was
 * not seen to be made cannot be seen to change.
 */
export interface Sight {
  readonly creationMs: number | null;
  readonly changeMs?: number | null;
  readonly removalMs?: number | null;
}

/** How long a process waits for a lock before it counts as stuck; a slow machine hands over within a second. */
export const TURN_PATIENCE_MS = 20_000;

/** How long is waited for a change to be seen. Longer than what most network file systems cache a file's attributes. */
export const SIGHT_LIMIT_MS = 8000;

/** Several processes take turns in holding one lock. */
export interface HandOver {
  readonly processes: number;
  readonly sections: number;
  /** Sections that began before another one had ended. */
  readonly overlaps: number;
  /** How often the lock went from one process to another that waited for it, and how long that took. */
  readonly handOvers: number;
  readonly medianMs: number;
  readonly longestMs: number;
  /** Processes that did not get it in time. */
  readonly stuck: number;
  /** Who held it then, as one of them saw it; undefined when none got stuck. */
  readonly stuckOn: string | undefined;
  /** Locks that another process had removed. */
  readonly lost: number;
}

/** What one check found. */
export type Finding =
  | { readonly check: 'same directory'; readonly result: Attempt<{ readonly seenMs: number | null }> }
  | { readonly check: 'exclusive create' | 'make directory'; readonly result: Attempt<Race> }
  | { readonly check: 'rename over a file'; readonly result: Attempt<Replacement> }
  | { readonly check: 'hard links'; readonly result: Attempt<{ readonly supported: boolean }> }
  | { readonly check: 'clock of the server'; readonly result: Attempt<{ readonly offsetMs: number }> }
  | { readonly check: 'group and mode'; readonly result: Attempt<Sharing> }
  | {
      readonly check: 'sight of the other side';
      /** From where what is seen. */
      readonly from: string;
      readonly of: string;
      readonly result: Attempt<Sight>;
    }
  | {
      readonly check: 'held lock';
      readonly strategy: 'flock' | 'fcntl';
      readonly result: Attempt<{ readonly excludes: boolean }>;
    }
  | { readonly check: 'hand-over'; readonly strategy: Strategy; readonly result: Attempt<HandOver> };

/** Whether two directories turned out to be the same one. */
export function isSame(finding: Finding): boolean {
  return finding.check === 'same directory' && finding.result.kind === 'done' && finding.result.seenMs !== null;
}
