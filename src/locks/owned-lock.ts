import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { errorCode } from './error-code.js';
import type { Host } from './host.js';
import { onePerHost } from './host-mutex.js';
import { InTheWay } from './in-the-way.js';
import type { Identity, Marker, Seen } from './marker.js';
import {
  type AcquireOptions,
  type Acquisition,
  type BreakOptions,
  type BreakResult,
  type HeldLock,
  type Inspection,
  LockError,
  type ObjectLock,
} from './object-lock.js';
import { formatOwner, type Judgement, judge } from './owner.js';
import { pause } from './pause.js';
import type { ServerClock } from './server-clock.js';
import { waitFor } from './wait.js';

/** How long one attempt to remove a lock waits for its turn: a hundred times what a removal takes. */
const TURN_PATIENCE_MS = 100;

export interface OwnedLockContext {
  readonly host: Host;
  readonly clock: ServerClock;
  /** A marker without a name that is older than this was abandoned, in milliseconds. */
  readonly ownerlessMs: number;
  readonly pollMs: number;
  readonly warnMs: number;
  readonly overdueMs: number;
  /** Whether inotify tells of changes in the directory. */
  readonly watched: boolean;
}

/** An object lock that stands in the directory and outlives its owner: lockdir, cifs, and flock's stand-in. */
export class OwnedLock implements ObjectLock {
  readonly strategy;
  readonly target;
  readonly path;
  readonly #marker: Marker;
  readonly #context: OwnedLockContext;

  constructor(marker: Marker, context: OwnedLockContext) {
    this.strategy = marker.strategy;
    this.target = marker.target;
    this.path = marker.path;
    this.#marker = marker;
    this.#context = context;
  }

  try(): HeldLock | undefined {
    const record = formatOwner({ host: this.#context.host.name, pid: this.#context.host.pid });
    let identity: Identity | undefined;
    try {
      identity = this.#marker.make(record);
    } catch (error) {
      throw asLockError(this.path, error);
    }
    return identity === undefined ? undefined : new HeldMarker(this.#marker, identity);
  }

  acquire(options: AcquireOptions = {}): Promise<Acquisition> {
    const { warnMs, overdueMs, pollMs, watched } = this.#context;
    return waitFor(this, { ...options, warnMs, overdueMs, pollMs, watched });
  }

  inspect(): Inspection {
    const seen = this.#look();
    if (seen === undefined) return { kind: 'free' };
    return { kind: 'held', owner: seen.owner, sinceMs: seen.madeMs, judgement: this.#judge(seen) };
  }

  async break({ force = false, ifStill }: BreakOptions = {}): Promise<BreakResult> {
    const seen = this.#look();
    if (seen === undefined || (ifStill !== undefined && !isStill(seen, ifStill))) return { kind: 'changed' };
    const judgement = this.#judge(seen);
    if (judgement.fate !== 'dead' && !force) return { kind: 'refused', why: judgement.why };
    // What has no owner record is removed by a step that fails once it has one, so it needs no serialising.
    if (seen.identity === undefined) return this.#takeAway(seen);

    const attempt = (): BreakResult => {
      const again = this.#look();
      if (again === undefined || again.identity !== seen.identity) return { kind: 'changed' };
      // Inode and text may both have come again, with a new owner of the dead one's pid.
      if (!force && this.#judge(again).fate !== 'dead') return { kind: 'changed' };
      return this.#takeAway(again);
    };
    // Another process is removing a lock of some other directory, most likely, and is done at once.
    const began = performance.now();
    let turn = await onePerHost(attempt);
    while (turn.kind === 'busy' && performance.now() - began < TURN_PATIENCE_MS) {
      await pause(1);
      turn = await onePerHost(attempt);
    }
    if (turn.kind === 'done') return turn.result;
    if (turn.kind === 'busy')
      return { kind: 'refused', why: 'another process of this host is removing locks right now' };
    return { kind: 'refused', why: `${judgement.why}, but nothing on this host can serialise its removal (no flock)` };
  }

  #look(): Seen | undefined {
    try {
      return this.#marker.look();
    } catch (error) {
      throw asLockError(this.path, error);
    }
  }

  #takeAway(seen: Seen): BreakResult {
    const alone = seen.owner === undefined || seen.owner.host === this.#context.host.name;
    try {
      return { kind: this.#marker.takeAway(seen, alone) ? 'broken' : 'changed' };
    } catch (error) {
      // In a directory that is sticky, or not writable for us, only others can remove it: no reason to stop waiting.
      const code = errorCode(error);
      if (code === undefined) throw error;
      return { kind: 'refused', why: `we may not remove it (${code})` };
    }
  }

  #judge(seen: Seen): Judgement {
    const { host, clock, ownerlessMs } = this.#context;
    return judge(seen, { host, ownerlessMs, clockOffsetMs: clock.offsetMs(dirname(this.path)) });
  }
}

function isStill(seen: Seen, { owner, sinceMs }: Extract<Inspection, { readonly kind: 'held' }>): boolean {
  return seen.owner?.host === owner?.host && seen.owner?.pid === owner?.pid && seen.madeMs === sinceMs;
}

class HeldMarker implements HeldLock {
  readonly path: string;
  readonly #marker: Marker;
  readonly #identity: Identity;
  #released = false;

  constructor(marker: Marker, identity: Identity) {
    this.path = marker.path;
    this.#marker = marker;
    this.#identity = identity;
  }

  release(): 'released' | 'lost' {
    if (this.#released) return 'released';
    this.#released = true;
    // Lost: somebody removed our lock by force, and what a third process has there now is not ours to remove.
    try {
      return this.#marker.giveBack(this.#identity) ? 'released' : 'lost';
    } catch (error) {
      if (error instanceof LockError) return 'lost'; // a symbolic link or the like
      throw asLockError(this.path, error);
    }
  }
}

/** Turns the system's error into one that says what to do about it. */
export function asLockError(path: string, error: unknown): unknown {
  if (error instanceof LockError) return error;
  if (error instanceof InTheWay)
    return new LockError(error.path, `${error.what} is in the way; move it away`, { cause: error });
  const code = errorCode(error);
  if (code === undefined) return error;
  return new LockError(path, explain(code, dirname(path)), { cause: error });
}

function explain(code: string, directory: string): string {
  switch (code) {
    case 'ENOENT':
      return existsSync(directory) ? 'vanished while it was being made; try again' : `${directory} does not exist`;
    case 'EACCES':
    case 'EPERM':
      return `no permission to make a lock in ${directory}; it wants group write permission (and the SGID bit)`;
    case 'ENOSPC':
    case 'EDQUOT':
      return 'no space left to make a lock; free some, nothing was changed';
    case 'EROFS':
      return 'the file system is mounted read-only, so no lock can be made';
    case 'ELOOP':
      return 'is a symbolic link, not a lock; remove it';
    case 'EISDIR':
      return 'is a directory, not a lock file; remove it';
    case 'ENXIO':
      return 'is a socket or a named pipe, not a lock file; remove it';
    case 'ENOTDIR':
      return `${directory} is not a directory`;
    default:
      return `could not be made or removed (${code})`;
  }
}
