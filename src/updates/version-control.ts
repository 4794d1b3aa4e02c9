import type { Change, SystemName } from './record.js';

/** A checkout that a version control program runs in, and how. */
export interface Checkout {
  /** Absolute path of the source tree. */
  readonly source: string;
  /** The system's program, if it is not to be the one that the PATH finds by its usual name. */
  readonly client?: string;
  /** The limit of each single command, in milliseconds. */
  readonly timeoutMs: number;
  /** Milliseconds between TERM and KILL; 10 seconds unless given. */
  readonly graceMs?: number;
  /** What the program's own environment is made from; that of this process unless given. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Ends the command that runs. */
  readonly signal?: AbortSignal;
  /** Gets all commands and their output, line by line, for the log of the update. */
  readonly log?: (line: string) => void;
}

/** What is checked out, or why that cannot be said. */
export type RevisionResult =
  | {
      readonly kind: 'revision';
      readonly revision: string;
      /** What of the tree is not what the revision says: submodules that are elsewhere. */
      readonly strayed?: string;
    }
  | Failed;

/** Nothing was touched. The message can be told to a person as it is. */
export interface Failed {
  readonly kind: 'failed';
  readonly message: string;
}

/** What the other side has. */
export interface Fetched {
  readonly kind: 'fetched';
  /** The revision that is checked out. */
  readonly head: string;
  /** The revision to move to; undefined where that is known only when the tree has moved. */
  readonly target: string | undefined;
  /** Whether there is anything to move to. */
  readonly news: boolean;
  /** The time that was asked for, where that is all there is to say of the target. */
  readonly asOf?: Date | undefined;
}

/** The tree is untouched in every case. */
export type FetchResult = Fetched | Failed;

/** Takes down, before a tree is touched, what a person has changed in it. What it throws keeps the tree from being touched. */
export type Begin = (local: LocalChanges | Failed) => void;

/** What became of the tree. */
export type MoveResult =
  /** It is at the target, or at the revision that is given, where the target could not be known for certain. */
  | { readonly kind: 'moved'; readonly revision?: string }
  /** It is as it was: not a fast-forward, local changes in the way, another process at work, … */
  | { readonly kind: 'refused'; readonly message: string }
  /** It may be half moved. The `update` lock must stay until a person has looked. */
  | { readonly kind: 'broken'; readonly message: string };

/** An update that broke off, by the mark that it left. */
export interface BrokenMove {
  /** The revision that the tree was at. */
  readonly from: string;
  /** The one it was to get; undefined where that is known only when the tree has moved. */
  readonly to: string | undefined;
  /** The paths, as in {@link LocalChanges}, that a person had changed before it began. */
  readonly local: readonly string[];
  /** Set when it ran on another host: whether its client still lives there cannot be seen from here. */
  readonly otherHost?: string | undefined;
}

/** What became of a tree that a broken update had left. */
export type RepairResult =
  /** It is exactly this revision, but for what a person had changed before; proved by a look at all of it. */
  | { readonly kind: 'whole'; readonly revision: string }
  /** Not proved, and nothing of a person's was touched. The message says what a person must do. */
  | { readonly kind: 'refused'; readonly message: string }
  /** Ended in its middle, by its time limit, say; the next one goes on from there. */
  | { readonly kind: 'failed'; readonly message: string };

/** The commits between two revisions. */
export type ChangesResult =
  | {
      readonly kind: 'changes';
      /** Oldest first. */
      readonly changes: Change[];
      /** False when the prior revision no longer exists: `changes` is then only the new revision's own commit. */
      readonly complete: boolean;
    }
  | Failed;

/** In what a tree differs from its revision. Paths as in {@link Change}, sorted. */
export interface LocalChanges {
  readonly kind: 'local';
  readonly modified: readonly string[];
  /** Files in which an update and local changes could not be brought together. */
  readonly conflicting: readonly string[];
}

/** What keeps a tree from being a revision. */
export interface Fault {
  /** What goes before the names of the files: `conflicts in`, `directories at another revision than 12:`. */
  readonly what: string;
  /** Relative to the source, sorted. */
  readonly paths: readonly string[];
  /** Shell commands that end it, whole lines to be copied; each has been tried in test/updates/zoo. */
  readonly advice: readonly string[];
}

/** Whether a tree is a revision. */
export type Proof =
  | {
      /** It is, everywhere, but for what a person has changed and no update has touched: paths as in {@link LocalChanges}. */
      readonly kind: 'proved';
      readonly modified: readonly string[];
    }
  | {
      readonly kind: 'faulty';
      readonly faults: readonly Fault[];
      readonly modified: readonly string[];
      /** Whether moving the tree to the same revision once more ends all of it, and loses nothing of a person's. */
      readonly mendable: boolean;
    }
  | Failed;

/**
 * A version control system, as the stage `update` needs it. No call ever asks a person anything: a question would hang a
 * cron job until its time limit.
 */
export interface VersionControl {
  readonly type: SystemName;
  /** The command that brings news, as reports name it. */
  readonly command: string;
  /** What is checked out now. Touches nothing and needs no network. */
  currentRevision(checkout: Checkout): Promise<RevisionResult>;
  /**
   * Asks the other side what there is.
   *
   * @param asOf only what was there at that time, for Nightly builds: all that build one night build the same
   */
  fetch(checkout: Checkout, asOf?: Date): Promise<FetchResult>;
  /**
   * Moves the tree. A process killed here may leave it between the two revisions.
   *
   * @param begin called right before anything of the tree is touched, if it comes to that
   */
  move(checkout: Checkout, fetched: Fetched, begin?: Begin): Promise<MoveResult>;
  /**
   * Finishes or rolls back what a broken update has left, as far as that can lose nothing of a person's, and proves that
   * the tree is a revision. To be called while no run builds the source and every process of the broken update is gone.
   * A process killed here leaves what the next call continues from.
   */
  repair(checkout: Checkout, broken: BrokenMove): Promise<RepairResult>;
  /**
   * Shows whether the tree is a revision: this one everywhere, also in what it takes from other repositories, with nothing
   * missing, incomplete, in conflict or switched elsewhere. Looks at all of the tree; touches nothing and asks no server.
   */
  proveTree(checkout: Checkout, revision: string): Promise<Proof>;
  /**
   * What changes whenever a client does something to the tree, from the time stamps of its own files: as long as it is the
   * same as after a proof, only files of a person's can differ. Costs no process. Undefined where it cannot be found out.
   */
  signOf(checkout: Checkout): string | undefined;
  /** Every commit after `prior` up to `revision`. Touches nothing. */
  changesBetween(checkout: Checkout, prior: string, revision: string): Promise<ChangesResult>;
  /** The uncommitted changes in the tree. Touches nothing. */
  localChanges(checkout: Checkout): Promise<LocalChanges | Failed>;
  /** House-keeping that may take minutes, for when no lock is held any more. A failure is only logged. */
  tidy(checkout: Checkout): Promise<void>;
}
