import { closeSync, constants, existsSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import { errorCode } from '../host/error-code.js';
import { statOf } from '../host/process-stat.js';
import { type Syscalls, syscalls } from '../host/syscalls.js';
import {
  HALF_AT_MS,
  MOST_OFTEN,
  OFFSET_BITS,
  OWN_DIRECTORY,
  PATIENCE_MS,
  PAUSE_OF_FIRST_MS,
  PID_BITS,
  PLACE_BITS,
  PLACE_TRIES,
  RARELY,
  RARER_AFTER,
  TURNS_FILE,
  TURNS_PLACE,
} from '../tables/locks.js';
import { filesystemOf } from './filesystem.js';
import { hashOf } from './lock-name.js';

const { O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

const PIDS = 1n << BigInt(PID_BITS);
const PLACES = 1n << BigInt(PLACE_BITS);
const REGION_SIZE = PLACES * PIDS;
/** Two locks with one region would queue together, which costs a wait. */
const REGIONS = (1n << BigInt(OFFSET_BITS)) / REGION_SIZE;
/** How often the second sees whether it is its turn: some system calls. The third looks half as often, and so on. */
const TURN_POLL_MS = 20;
const MOST_RARELY_MS = 1000;
export type Turn =
  | 'not-yet'
  /** The first has not moved for so long that it may hang; who waits behind it asks now and then. */
  | 'impatient'
  | 'first';

/**
 * The queue of those of this user on this host who wait for one lock. Only its first looks at the lock, however many wait: when it is
 * released one is woken and not all; the one who has waited longest is not overtaken by one who asks more often; and a file server
 * is asked by each host and not by each waiter.
 *
 * A place in it is a lock of the open file on one byte of a file of the user's own, `/tmp/.ct-locks.UID/${TURNS_FILE}`: nothing is
 * left behind, and the kernel frees the place of a process that dies. The byte says which process it is, so that no process waits for a
 * stopped one. It is advice only. Exclusion is up to the lock itself, and a process that does not queue (an older helper, another user, another
 * host, one who can have no such file) just asks. native/queue.c stands in the same queues.
 */
export class Queue {
  readonly #system: Syscalls;
  readonly #fd: number;
  /** The first byte of the lock's region: first those that say who holds the lock (native/queue.h), then those of place 1, and so on. */
  readonly #region: bigint;
  #place: bigint | undefined;
  #isFirst = false;
  /** Who was the first before us when we looked last. */
  #first: bigint | undefined;
  /** How many were before us then, at most. */
  #before = 1;
  #patientUntilMs: number | undefined;
  #isOpen = true;

  private constructor(system: Syscalls, fd: number, region: bigint) {
    this.#system = system;
    this.#fd = fd;
    this.#region = region;
  }

  /**
   * @param host its name, because hosts of a laboratory and containers may share /tmp
   * @param path the lock's, from the root
   * @returns undefined where no queue works; then it is always our turn
   */
  static of(host: string, path: string): Queue | undefined {
    const system = syscalls();
    const fd = system === undefined ? undefined : openTurns();
    if (system === undefined || fd === undefined) return undefined;
    return new Queue(system, fd, (hashOf(Buffer.from(`${host}\n${path}`)) % REGIONS) * REGION_SIZE);
  }

  hasWaiters(): boolean {
    return this.#orLeave(() => this.#somePlace(this.#firstByte, this.#end) !== undefined, false);
  }

  /** Takes a place behind all others. Harmless when we have one. */
  join(): void {
    if (this.#place === undefined) this.#place = this.#orLeave(() => this.#takePlace(), undefined);
    if (this.#place === undefined) this.leave();
  }

  /**
   * Whether it is our turn to ask; to be asked again soon when it is not.
   *
   * @param nowMs of a monotonic clock
   */
  turn(nowMs: number, pollMs: number): Turn {
    const place = this.#place;
    if (!this.#isOpen || place === undefined || this.#isFirst) return 'first';
    // Once all before us are gone we keep the lock: no process gets a place before ours any more.
    const isFirst = (): boolean => this.#system.lockBytes(this.#fd, 'shared', this.#firstByte, place - this.#firstByte);
    this.#isFirst = this.#orLeave(isFirst, true);
    if (this.#isFirst) return 'first';
    const first = this.#orLeave(() => this.#firstAtWork(place), undefined);
    this.#isFirst = first === undefined;
    if (first === undefined) return 'first';
    this.#before = Math.max(1, Number((place - this.#region) / PIDS - (first - this.#region) / PIDS));
    if (first !== this.#first || this.#patientUntilMs === undefined) this.#patientUntilMs = nowMs + PATIENCE_MS;
    this.#first = first;
    if (nowMs < this.#patientUntilMs) return 'not-yet';
    this.#patientUntilMs = nowMs + RARELY * pollMs * this.#before;
    return 'impatient';
  }

  /** How many are before us, at most. */
  get before(): number {
    return this.#before;
  }

  /** When to ask for the {@link turn} again: many who wait cost little more together than one. */
  get pauseMs(): number {
    return Math.min(TURN_POLL_MS * this.before, MOST_RARELY_MS);
  }

  /** Lets the next one ask. */
  leave(): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }

  /** Where the kernel grants no more locks there is no queue, so that it is our turn. */
  #orLeave<T>(act: () => T, otherwise: T): T {
    if (!this.#isOpen) return otherwise;
    try {
      return act();
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      this.leave();
      return otherwise;
    }
  }

  #takePlace(): bigint | undefined {
    for (let tries = 0; tries < PLACE_TRIES; tries++) {
      const last = this.#lastPlace();
      const number = last === undefined ? 1n : (last - this.#region) / PIDS + 1n;
      const place = this.#region + number * PIDS + BigInt(process.pid);
      if (place >= this.#end) return undefined;
      if (this.#system.lockBytes(this.#fd, 'exclusive', place, 1n)) return place;
    }
    return undefined;
  }

  /** Some place among those bytes; there may be one before it. */
  #somePlace(from: bigint, to: bigint): bigint | undefined {
    return from < to ? this.#system.lockedAmong(this.#fd, from, to - from) : undefined;
  }

  get #firstByte(): bigint {
    return this.#region + PIDS;
  }

  get #end(): bigint {
    return this.#region + REGION_SIZE;
  }

  /** Places are taken in their order, mostly without gaps: steps that double, then halve, lead to the last of many in few calls. */
  #lastPlace(): bigint | undefined {
    let last = this.#somePlace(this.#firstByte, this.#end);
    let doubles = true;
    for (let step = PIDS; last !== undefined && step >= PIDS; step = doubles ? step * 2n : step / 2n) {
      const found = this.#somePlace(last - ((last - this.#region) % PIDS) + step, this.#end);
      if (found === undefined) doubles = false;
      else last = found;
    }
    for (let next = last; next !== undefined; next = this.#somePlace(next + 1n, this.#end)) last = next;
    return last;
  }

  #firstPlace(from: bigint, before: bigint): bigint | undefined {
    let first: bigint | undefined;
    for (let place: bigint | undefined = before; place !== undefined; ) {
      place = this.#somePlace(from, place);
      first = place ?? first;
    }
    return first;
  }

  /** The first before a place who can ask. */
  #firstAtWork(before: bigint): bigint | undefined {
    let first = this.#first;
    // Mostly the same as before: to look for another one means to look at all.
    if (first === undefined || this.#somePlace(first, first + 1n) === undefined) {
      first = this.#firstPlace(this.#firstByte, before);
    }
    while (first !== undefined && isStopped(Number((first - this.#region) % PIDS))) {
      first = this.#firstPlace(first + 1n, before);
    }
    return first;
  }
}

/** Whether a process has been stopped, by Ctrl-Z say. */
export function isStopped(pid: number): boolean {
  return /^[Tt]$/.test(statOf(pid)?.state ?? '');
}

/** Where the places are of those of this user who wait. */
const turnsDirectory = (): string => `${TURNS_PLACE}/${OWN_DIRECTORY}${process.geteuid?.()}`;

/** Whether this user has ever waited on this host. To know more takes system calls that cost most commands more than their locks. */
export function isQueueKnown(): boolean {
  return existsSync(`${turnsDirectory()}/${TURNS_FILE}`);
}

/** A file of our own that others can neither replace nor lock, on a local file system; undefined where there is none. */
function openTurns(): number | undefined {
  const user = process.geteuid?.();
  const path = turnsDirectory();
  try {
    mkdirSync(path, 0o700);
  } catch {
    // It is there, mostly; if not, it cannot be opened.
  }
  try {
    const directory = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      const found = fstatSync(directory);
      if (found.uid !== user || (found.mode & 0o022) !== 0 || filesystemOf(path).reach !== 'local') return undefined;
      const turns = `/proc/self/fd/${directory}/${TURNS_FILE}`;
      const fd = openSync(turns, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
      const file = fstatSync(fd);
      if (file.isFile() && file.uid === user) return fd;
      closeSync(fd);
      return undefined;
    } finally {
      closeSync(directory);
    }
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** How long the first in the queue pauses after an attempt. */
export function pauseOfFirst(waitedMs: number, attempts: number, pollMs: number): number {
  const byAge = (pollMs * HALF_AT_MS) / (HALF_AT_MS + waitedMs);
  const often = Math.max(pollMs / MOST_OFTEN, Math.min(pollMs, waitedMs / RARER_AFTER));
  return Math.min(Math.max(byAge, often, 1), PAUSE_OF_FIRST_MS * 2 ** attempts);
}
