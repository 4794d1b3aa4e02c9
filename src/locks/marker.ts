import type { BreakResult, Inspection } from './object-lock.js';
import type { Sighting } from './owner.js';
import type { Strategy } from './strategy.js';

/**
 * A lock that is a thing in the directory with its owner's name in it: how one strategy makes it, reads it and takes
 * it away. {@link OwnedLock} makes an {@link ObjectLock} of it.
 */
export interface Marker {
  readonly strategy: Strategy;
  readonly target: string;
  readonly path: string;

  /**
   * Makes the marker and puts the owner's record into it.
   *
   * @returns undefined when one is there already
   * @throws the system's error; then nothing of ours is left
   */
  make(record: string): Claim | undefined;

  /** What is there now; undefined when nothing is. */
  look(): Seen | undefined;

  /**
   * Takes away what was seen, for all others in one step. To be called by {@link onePerHost}, unless `seen` has no
   * identity: that is removed by a step that fails once it has got one.
   *
   * @param alone whether every other process that may call its owner dead waits for us: true for an owner of this host. If
   *   not, the way is taken that keeps others out even when what is there turns out to be another one.
   * @returns false when it was gone, or had a new owner, before we came
   */
  takeAway(seen: Seen, alone: boolean): boolean;
}

/** A marker that we have made. */
export interface Claim {
  /** Whether it still stands there. */
  stands(): boolean;
  /**
   * Gives it back. To be called once.
   *
   * @returns false when it is not there any more, or is another one: that one stays
   */
  giveBack(): boolean;
  /** Leaves it to others to take it away, and keeps nothing open. To be called instead of the above. */
  leaveStanding(): void;
}

/**
 * Tells two markers of one name apart: inode and text of the owner record, because inode numbers are soon used again.
 */
export type Identity = string;

export interface Seen extends Sighting {
  /** Undefined while there is no file for an owner record. */
  readonly identity: Identity | undefined;
}

/** Those who hold a marker together, whose record names none of them. */
export interface Collective {
  inspect(seen: Seen): Inspection;
  /** Takes the marker away when none of them is alive, or with `force` whatever they are. */
  break(force: boolean): Promise<BreakResult>;
}
