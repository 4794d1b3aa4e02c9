import type { World } from './world.js';

export type Mode = 'fast-forward' | 'reset';

/** What becomes of a tree in some state. */
export interface Outcome {
  /**
   * What a primary makes of it. `builds`: it mends it, or it is harmless; all that is in the repository is built.
   * `refuses`: exit code 1, nothing is recorded or built. `quiet`: there is nothing to build, and nothing to tell.
   */
  readonly primary: 'builds' | 'refuses' | 'quiet';
  /** The same of a secondary that has something to build. The older revision, which is recorded, counts for it. */
  readonly secondary: 'builds' | 'refuses';
  /** What stderr must contain when it is refused: files, revisions, branches. */
  readonly names?: readonly string[];
  /** Files with local changes, which are listed in the report where it is built. */
  readonly modified?: readonly string[];
  /** Files that are left out on purpose. */
  readonly absent?: readonly string[];
  /** Files that no revision has; they stay. */
  readonly untracked?: readonly string[];
  /** What a person does after the advice was followed, where that alone does not end it, and why not. */
  readonly besides?: { readonly because: string; readonly done: (world: World) => void };
}

/** A state that a working copy can be in, by whatever happened to it. */
export interface State {
  /** In words, for the table in docs/version-control.md. */
  readonly state: string;
  /** Runs with `npm test`, too. */
  readonly quick?: boolean;
  /** Done to the repository before it is checked out. */
  readonly begin?: (world: World) => void;
  /** Brings the working copy into it, as a person does, a server, or an accident. */
  readonly make: (world: World) => void;
  readonly outcome: Outcome | Readonly<Record<Mode, Outcome>>;
}

export function outcomeIn({ outcome }: State, mode: Mode): Outcome {
  return 'primary' in outcome ? outcome : outcome[mode];
}
