import { lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { errorCode } from '../host/error-code.js';
import { pauseInPlace } from '../host/pause.js';
import { DIRECTORY_MODE, LOOK_ACROSS_MS } from '../tables/locks.js';
import type { Filesystem } from './filesystem.js';
import { pathBeside } from './lock-name.js';
import type { Collective, Marker, Seen } from './marker.js';
import {
  type BreakResult,
  type HeldLock,
  type Holder,
  type Inspection,
  LockError,
  notALock,
  type ObjectLock,
} from './object-lock.js';
import { asLockError } from './owned-lock.js';
import { isSharedRecord, SHARED_RECORD } from './owner.js';
import { shareDirectory } from './sharing.js';

/** What stands in the directory of those who share a lock; see share.ts. */
const DOOR = 'door';
const MEMBER = 'share.';
/** One who waits looks that often at who has the lock, on a local file system; in between it attempts to make it. */
const LOOK_HERE_MS = 1000;
/** The door is held for some system calls. Who waits for longer waits for a stopped process, or for a file server that is down. */
const DOOR_PATIENCE_MS = 60_000;
/** For so long others mostly stand in the door at most. */
const LONGEST_IN_DOOR_MS = 16;
/** Who removes a lock that is stale can come again. */
const DOOR_SHORT_PATIENCE_MS = 100;

/** Beside a lock, for what sharing takes: `NAME.shared/`. It stays, as `NAME.lock` does. */
export function sharedDirectory(base: string): string {
  return pathBeside(base, '.shared');
}

/**
 * Makes it where it is missing.
 *
 * @param target what has the group that it gets
 * @throws LockError
 */
export function makeSharedDirectory(path: string, target: string): void {
  try {
    mkdirSync(path, DIRECTORY_MODE);
    shareDirectory(path, target);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw asLockError(path, error);
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there !== undefined && !there.isDirectory())
      throw notALock(path, 'is not a directory, so those who share a lock cannot use it; move it away');
  }
}

/**
 * Those who share a lock that stands in its directory with its owner's name in it (lockdir, cifs).
 *
 * Together they hold the lock itself, with a record that names none of them, `(shared):1`; so it excludes every tool that knows nothing
 * of sharing, while sharers come and go. Each has besides a lock of its own in `NAME.shared/`, an ordinary one with its name in it. Who
 * comes, who leaves and who removes what dead ones have left does so behind the door, an ordinary lock that is held for an instant:
 *
 * - in: the lock itself, if there are none yet; then the lock of one's own. Who dies in between leaves a lock without sharers.
 * - out: the lock itself, if there are no others; then the lock of one's own. Who dies in between leaves one of a dead process.
 * - a lock without living sharers is stale: who waits for it takes it away behind the door, where it sees that none has come meanwhile.
 *
 * On a network file system a client may show a directory as it was. Who makes the door in it has the server's answer to a change of
 * it, after which its client asks for the directory anew. A full disk: nothing is left, as of any lock. A person who removes the lock itself
 * meanwhile ends the exclusion, which those who leave find out and report.
 */
export class Sharers implements Collective {
  readonly #path: string;
  readonly #target: string;
  readonly #marker: Marker;
  readonly #open: (path: string, isMember: boolean) => ObjectLock;
  readonly #trustMs: number;
  #count = 0;
  #aloneUntilMs = 0;

  /**
   * @param path of the directory
   * @param marker the lock itself
   * @param open an ordinary lock of the same kind
   * @param reach of the file system
   */
  constructor(
    path: string,
    marker: Marker,
    open: (path: string, isMember: boolean) => ObjectLock,
    reach: Filesystem['reach'],
  ) {
    this.#path = path;
    // A look at the record keeps its owner from removing it there.
    this.#trustMs = reach === 'local' ? LOOK_HERE_MS : LOOK_ACROSS_MS;
    this.#target = marker.target;
    this.#marker = marker;
    this.#open = open;
  }

  get door(): ObjectLock {
    return this.#open(join(this.#path, DOOR), false);
  }

  /** One attempt to come in. `not-now`: another process stands in the door. Undefined: the lock is held by one alone. */
  enter(): HeldLock | 'not-now' | undefined {
    // Where one alone had it a moment ago, an attempt to make it says all. Made before the door, it has no sharers until we are behind that.
    const isExpectedAlone = performance.now() < this.#aloneUntilMs;
    if (isExpectedAlone && !this.#isMade()) return undefined;
    this.#aloneUntilMs = 0;
    let door = this.#openDoor();
    for (let ms = 1; isExpectedAlone && door === undefined && ms <= LONGEST_IN_DOOR_MS; ms *= 2) {
      pauseInPlace(ms);
      door = this.#openDoor();
    }
    if (door === undefined) return 'not-now';
    try {
      return this.#takeTogether() ? this.#becomeMember() : undefined;
    } finally {
      door.release();
    }
  }

  /**
   * Where the door cannot be made (the disk is full) or stays closed, the lock itself is left behind without sharers, which who waits for it
   * finds out.
   *
   * @returns `lost` when the lock, or what this one had of it, was removed by force meanwhile
   */
  async leave(member: HeldLock): Promise<'released' | 'lost'> {
    const door = await this.#doorIfPossible();
    try {
      const isWhole = member.isOurs() && this.#isTakenTogether();
      if (door !== undefined && this.#isLast(member)) this.#takeAway();
      return member.release() === 'released' && isWhole ? 'released' : 'lost';
    } finally {
      door?.release();
    }
  }

  #isLast(member: HeldLock): boolean {
    return this.#members().every(({ path, judgement }) => path === member.path || judgement.fate === 'dead');
  }

  async #doorIfPossible(): Promise<HeldLock | undefined> {
    try {
      return await this.#waitForDoor(DOOR_PATIENCE_MS);
    } catch (error) {
      if (error instanceof LockError) return undefined;
      throw error;
    }
  }

  inspect({ madeMs }: Seen): Inspection {
    const sharers = this.#members();
    const of = (fate: string) => sharers.find(({ judgement }) => judgement.fate === fate);
    const first = of('alive') ?? of('unknown');
    if (first !== undefined) return { kind: 'held', ...withoutPath(first), sharers };
    const why = 'none of those who shared it is alive';
    return { kind: 'held', owner: sharers[0]?.owner, sinceMs: madeMs, judgement: { fate: 'dead', why }, sharers: [] };
  }

  /** Removes what dead ones of this host have left, whether others are alive or not. */
  async clearDead(): Promise<void> {
    for (const { lock } of this.#memberLocks()) {
      const seen = lock.inspect();
      if (seen.kind === 'held' && seen.judgement.fate === 'dead') await lock.break();
    }
  }

  async break(force: boolean): Promise<BreakResult> {
    const door = await this.#waitForDoor(DOOR_SHORT_PATIENCE_MS);
    if (door === undefined) return { kind: 'refused', why: 'another process is entering or leaving right now' };
    try {
      if (!this.#isTakenTogether()) return { kind: 'changed' };
      const living = this.#members().find(({ judgement }) => judgement.fate !== 'dead');
      if (living !== undefined && !force) return { kind: 'refused', why: living.judgement.why };
      for (const { lock } of this.#memberLocks()) await lock.break({ force });
      return { kind: this.#takeAway() ? 'broken' : 'changed' };
    } finally {
      door.release();
    }
  }

  #openDoor(): HeldLock | undefined {
    makeSharedDirectory(this.#path, this.#target);
    return this.door.try();
  }

  async #waitForDoor(timeoutMs: number): Promise<HeldLock | undefined> {
    makeSharedDirectory(this.#path, this.#target);
    const acquisition = await this.door.acquire({ timeoutMs });
    return acquisition.kind === 'acquired' ? acquisition.lock : undefined;
  }

  #isTakenTogether(): boolean {
    return isSharedRecord(this.#marker.look()?.owner);
  }

  /** The attempt comes first: it is decided by the server, and what is there already was there before. */
  #takeTogether(): boolean {
    const isTogether = this.#isMade() || this.#isTakenTogether();
    if (!isTogether) this.#aloneUntilMs = performance.now() + this.#trustMs;
    return isTogether;
  }

  #isMade(): boolean {
    try {
      const claim = this.#marker.make(SHARED_RECORD);
      claim?.leaveStanding();
      return claim !== undefined;
    } catch (error) {
      throw asLockError(this.#marker.path, error);
    }
  }

  #becomeMember(): HeldLock {
    let member: HeldLock | undefined;
    try {
      // Another host or another container may have the same number in use.
      while (member === undefined) member = this.#open(join(this.#path, this.#nextName()), true).try();
      return member;
    } finally {
      if (member === undefined && this.#members().length === 0) this.#takeAway();
    }
  }

  #nextName(): string {
    this.#count++;
    return `${MEMBER}${process.pid}.${Math.trunc(performance.timeOrigin + performance.now())}.${this.#count}`;
  }

  #takeAway(): boolean {
    const seen = this.#marker.look();
    return seen !== undefined && isSharedRecord(seen.owner) && this.#marker.takeAway(seen, false);
  }

  #members(): Holder[] {
    return this.#memberLocks().flatMap(({ lock, path }) => {
      const held = lock.inspect();
      return held.kind === 'free'
        ? []
        : [{ owner: held.owner, sinceMs: held.sinceMs, judgement: held.judgement, path }];
    });
  }

  #memberLocks(): { readonly lock: ObjectLock; readonly path: string }[] {
    const ending = this.door.path.slice(join(this.#path, DOOR).length);
    return namesIn(this.#path).flatMap((name) => {
      if (!name.startsWith(MEMBER) || !name.endsWith(ending)) return [];
      const path = join(this.#path, name);
      return [{ lock: this.#open(path.slice(0, -ending.length), true), path }];
    });
  }
}

function withoutPath({ owner, sinceMs, judgement }: Holder): Omit<Holder, 'path'> {
  return { owner, sinceMs, judgement };
}

/** None, where there is no such directory; what may not be read is no reason to call its members dead. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw asLockError(directory, error);
  }
}
