import type { Strategy } from '../locks/index.js';
import type { Attempt, Replacement } from './finding.js';

/** A section in which one process held the lock, by the monotonic clock that all processes of a host share. */
export interface Section {
  /** When the process began to try. */
  readonly askedMs: number;
  readonly fromMs: number;
  readonly toMs: number;
}

interface Together {
  /** When all begin, milliseconds since the epoch. */
  readonly startAt: number;
}

/** What the worker processes are asked to do, and what they answer. */
export interface Tasks {
  /** Answers that the worker is ready. */
  ready: { request: object; reply: object };
  /** Makes each of `names` files or directories, and answers which of them it made. */
  race: {
    request: Together & { readonly directory: string; readonly names: number; readonly make: 'file' | 'directory' };
    reply: { readonly won: readonly number[] };
  };
  /** Replaces a file for so long. */
  replace: {
    request: Together & { readonly path: string; readonly forMs: number };
    reply: Pick<Replacement, 'renames' | 'refusals' | 'longestMs'>;
  };
  /** Reads it meanwhile. */
  read: {
    request: Together & { readonly path: string; readonly forMs: number };
    reply: Omit<Replacement, 'renames' | 'refusals' | 'longestMs'>;
  };
  /** Makes a file with this content, in place of an older one; answers when it was done. */
  put: { request: { readonly path: string; readonly content: string }; reply: { readonly atMs: number } };
  remove: { request: { readonly path: string }; reply: { readonly atMs: number } };
  /** Looks until a file has this content, or with null is gone; answers with the time, or null if it was stopped before. */
  see: {
    request: { readonly path: string; readonly content: string | null };
    reply: { readonly atMs: number | null };
  };
  /** Ends a `see`. */
  enough: { request: object; reply: object };
  /** Makes one attempt at a lock, and keeps it. */
  hold: {
    request: { readonly target: string; readonly strategy: Strategy };
    reply: { readonly held: boolean };
  };
  /** Gives back what it holds. */
  release: { request: object; reply: object };
  /**
   * Acquires and releases the lock, again and again. `stuckOn` says who held it all the time when it could not be acquired.
   */
  turns: {
    request: Together & {
      readonly target: string;
      readonly strategy: Strategy;
      /** The host name that it uses in locks. */
      readonly host: string;
      readonly most: number;
      readonly forMs: number;
      readonly patienceMs: number;
    };
    reply: { readonly sections: readonly Section[]; readonly stuckOn: string | undefined; readonly lost: number };
  };
}

export type TaskName = keyof Tasks;

export interface Order<Name extends TaskName = TaskName> {
  readonly id: number;
  readonly name: Name;
  readonly request: Tasks[Name]['request'];
}

export interface Answer {
  readonly id: number;
  readonly result: Attempt<object>;
}
