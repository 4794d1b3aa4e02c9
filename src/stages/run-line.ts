import type { UpdateRecord } from '../updates/record.js';

/** Why a run had to end in its middle. */
export type Loss =
  /** It could not renew its lease in time. */
  | { readonly kind: 'silence'; readonly forMs: number }
  /** A person has cleared its locks in etcd. */
  | { readonly kind: 'cleared' };

/** Whether the journal on this host says what etcd says. */
export type CaughtUp =
  | {
      readonly kind: 'caught-up';
      /** The newest record; undefined where there is none yet. */
      readonly head: { readonly sequence: number; readonly revision: string } | undefined;
    }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * What a run does beyond its own host, in the line of builds that share the updates of one primary. A step that answers
 * false could not be done, and the run has been asked to stop.
 */
export interface RunLine {
  /** The primary that the build follows; undefined for a primary, which makes the updates. */
  readonly follows: string | undefined;
  /** Its locks there, as messages name them. */
  readonly held: readonly string[];
  /** Set when the run had to end. */
  readonly loss: Loss | undefined;
  /** Brings the journal on this host to what it says there. */
  catchUp(): Promise<CaughtUp>;
  /** Adds a record there, before it is written on this host. */
  publish(record: UpdateRecord): Promise<boolean>;
  endUpdate(): Promise<boolean>;
  beginStage(stage: string, logFile: string): Promise<boolean>;
  endStage(stage: string): Promise<boolean>;
  /** Says how far the build has come, before its cursor moves on this host. */
  moveCursor(sequence: number): Promise<boolean>;
  /** Removes records that no build needs any more. @param olderThan milliseconds since 1970 */
  prune(olderThan: number): Promise<void>;
  /** Removes all its locks. */
  end(): Promise<boolean>;
}
